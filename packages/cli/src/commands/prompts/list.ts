import { printTable } from '../../client/table.ts'
import { defineCommand } from '../../command.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description: 'Lists the prompts of the project with their versions, lowest first.',
  options: { json: { type: 'boolean', description: 'Print them as JSON.' } },
  examples: [
    { command: 'rgen prompts list', note: 'All prompts.' },
    { command: 'rgen prompts list --json', note: 'For a script.' },
  ],
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const { loadPrompts } = await import('@rgen/runtime/prompts')
    const prompts = loadPrompts(root, { mode: 'development', env: projectEnv(root, io.env) }).list()
    if (options.json) {
      io.stdout.write(`${JSON.stringify(prompts, null, 2)}\n`)
      return 0
    }
    if (prompts.length === 0) {
      io.stderr.write('There are no prompts yet; make one with rgen g prompt <Name> --version 1.0.0.\n')
      return 0
    }
    const rows = prompts.map(({ name, versions, latest = '-', labels, experiment, description = '' }) => [
      name,
      versions.join(' '),
      latest,
      printPairs(labels),
      printPairs(experiment ?? {}),
      description,
    ])
    const headings = ['PROMPT', 'VERSIONS', 'LATEST', 'LABELS', 'EXPERIMENT', 'DESCRIPTION']
    io.stdout.write(printTable(headings, rows, io.stdout))
    return 0
  },
})

function printPairs(pairs: Readonly<Record<string, string | number>>): string {
  return (
    Object.entries(pairs)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || '-'
  )
}
