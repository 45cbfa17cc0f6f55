import { CliError } from '../../cli-error.ts'
import { defineCommand } from '../../command.ts'
import { findProject, projectEnv } from '../../project.ts'

interface Finding {
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly message: string
  readonly hint?: string
}

export const command = defineCommand({
  description:
    'Looks for mistakes in the registry and in every prompt, and for what is probably not meant. Exit code 1 when there is a mistake; warnings alone are none.',
  arguments: [{ name: 'name', description: 'Only this prompt.', required: false }],
  options: { strict: { type: 'boolean', description: 'Exit code 1 also for warnings.' } },
  examples: [
    { command: 'rgen prompts lint', note: 'All prompts.' },
    { command: 'rgen prompts lint --strict', note: 'In CI.' },
  ],
  async run({ arguments: [name], options, io }) {
    const { root } = findProject(io.cwd)
    const { surveyPrompts } = await import('@rgen/runtime/prompts')
    const survey = surveyPrompts(root, projectEnv(root, io.env))
    const prompts = survey.prompts.filter((prompt) => name === undefined || prompt.name === name)
    const names = survey.prompts.map((prompt) => prompt.name)
    if (name !== undefined && prompts.length === 0 && survey.problems.length === 0)
      throw new CliError('CLI_UNKNOWN_NAME', `There is no prompt "${name}"`, {
        misspelling: { word: name, candidates: names, show: (meant) => meant },
        hint: '`rgen prompts list` lists them.',
      })
    const problems: Finding[] = [...survey.problems, ...prompts.flatMap((prompt) => prompt.problems)]
    const warnings: Finding[] = prompts.flatMap((prompt) => prompt.warnings)
    const { style } = io.stdout
    for (const problem of problems) io.stdout.write(`${style.red('✖')} ${print(problem)}\n`)
    for (const warning of warnings) io.stdout.write(`${style.yellow('!')} ${print(warning)}\n`)
    const versions = prompts.reduce((sum, prompt) => sum + prompt.versions.length, 0)
    io.stdout.write(
      `${count(versions, 'version')} of ${count(prompts.length, 'prompt')}: ${count(problems.length, 'mistake')}, ${count(warnings.length, 'warning')}
`,
    )
    return problems.length > 0 || (options.strict && warnings.length > 0) ? 1 : 0
  },
})

function print({ file, line, column, message, hint }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${place} ${message}.${hint === undefined ? '' : ` ${hint}`}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
