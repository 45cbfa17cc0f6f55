import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineCommand } from '../../command.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description:
    'Writes src/prompts.d.ts, which makes prompts.render typed: a wrong name, a missing or unknown variable, and a range whose versions disagree on their variables fail the type check.',
  options: {
    check: { type: 'boolean', description: 'Write nothing; exit code 1 when the file is out of date.' },
  },
  examples: [
    { command: 'rgen prompts types', note: 'After a template has changed.' },
    { command: 'rgen prompts types --check', note: 'In CI.' },
  ],
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const { printPromptTypes, promptTypesFile, surveyPrompts } = await import('@rgen/runtime/prompts')
    const { prompts } = surveyPrompts(root, projectEnv(root, io.env))
    const text = printPromptTypes(prompts)
    const path = join(root, promptTypesFile)
    const isCurrent = existsSync(path) && readFileSync(path, 'utf8').replaceAll('\r\n', '\n') === text
    if (options.check) {
      io.stdout.write(
        isCurrent
          ? `${promptTypesFile} is up to date\n`
          : `${promptTypesFile} is out of date: run rgen prompts types\n`,
      )
      return isCurrent ? 0 : 1
    }
    if (!isCurrent) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    const left = prompts.filter((prompt) => prompt.problems.length > 0).map(({ name }) => name)
    io.stdout.write(
      `${isCurrent ? 'unchanged' : 'wrote'} ${promptTypesFile}: ${prompts.length - left.length} of ${prompts.length}\n`,
    )
    if (left.length > 0) io.stderr.write(`left out, see rgen prompts lint: ${left.join(', ')}\n`)
    return left.length > 0 ? 1 : 0
  },
})
