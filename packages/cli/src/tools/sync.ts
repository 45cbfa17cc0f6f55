import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Asks every server of config/tools.yaml for its tools, and writes src/tools/tools.d.ts: tools("research").call("web_search", …) is then checked by TypeScript.',
  options: {
    check: { type: 'boolean', description: 'Write nothing; end with 1 when the file is out of date.' },
  },
  examples: [
    { command: 'rgen tools sync', note: 'After a tool was added or changed.' },
    { command: 'rgen tools sync --check', note: 'In CI.' },
  ],
  afterFailure: 'nothing was written',
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const { emitToolTypes, probeServers, toolTypesFile } = await import('@rgen/runtime/tools')
    const reports = await probeServers(root, { env: projectEnv(root, io.env) })
    const failed = reports.find(({ tools }) => tools.length === 0)
    if (failed !== undefined)
      throw new CliError(
        'CLI_NOT_RUNNING',
        `"${failed.server}" shows no tools${failed.problem === undefined ? '' : `: ${failed.problem}`}`,
        {
          hint: failed.fix,
        },
      )
    const text = emitToolTypes(
      new Map(reports.map(({ server, tools }) => [server, tools.map(({ tool }) => tool)])),
    )
    const file = join(root, toolTypesFile)
    if (readIfThere(file) === text) {
      io.stdout.write(`${toolTypesFile} is up to date.\n`)
      return 0
    }
    if (options.check) {
      io.stderr.write(`${toolTypesFile} is out of date. Run rgen tools sync.\n`)
      return 1
    }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    io.stdout.write(`Wrote ${toolTypesFile}.\n`)
    return 0
  },
})

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
