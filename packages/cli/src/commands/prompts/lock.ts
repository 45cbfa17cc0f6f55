import { CliError } from '../../cli-error.ts'
import { defineCommand } from '../../command.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description:
    'Writes the hashes of versions into prompts.lock. A version that stands there must not change any more: rgen doctor --check-prompts and rgen prompts lock --check fail when it does.',
  arguments: [
    {
      name: 'version',
      description: 'name or name@version; all versions of all prompts unless given.',
      required: false,
    },
  ],
  options: {
    check: { type: 'boolean', description: 'Write nothing; exit code 1 when a locked version changed.' },
  },
  afterFailure: 'nothing was written',
  examples: [
    { command: 'rgen prompts lock', note: 'Before a release.' },
    { command: 'rgen prompts lock analyze-research@1.0.0', note: 'This version alone.' },
    { command: 'rgen prompts lock --check', note: 'In CI.' },
  ],
  async run({ arguments: [wanted], options, io }) {
    const { root } = findProject(io.cwd)
    const { checkLock, lockKey, lockPrompts, readLock, surveyPrompts } = await import('@rgen/runtime/prompts')
    const all = surveyPrompts(root, projectEnv(root, io.env)).prompts.flatMap(({ versions }) => versions)
    if (options.check) {
      const problems = checkLock(readLock(root), all)
      for (const { file, message, hint } of problems)
        io.stdout.write(`✖ ${file}: ${message}. ${hint ?? ''}\n`)
      if (problems.length === 0) io.stdout.write('No locked version has changed.\n')
      return problems.length > 0 ? 1 : 0
    }
    const chosen = all.filter(
      (prompt) => wanted === undefined || [prompt.name, lockKey(prompt)].includes(wanted),
    )
    if (wanted !== undefined && chosen.length === 0)
      throw new CliError('CLI_UNKNOWN_NAME', `There is no prompt or version "${wanted}"`, {
        misspelling: {
          word: wanted,
          candidates: all.flatMap((prompt) => [prompt.name, lockKey(prompt)]),
          show: (meant) => meant,
        },
        hint: '`rgen prompts list` lists them.',
      })
    const { added } = lockPrompts(root, chosen)
    for (const key of added) io.stdout.write(`locked ${key}\n`)
    if (added.length === 0) io.stdout.write('Everything was locked already.\n')
    return 0
  },
})
