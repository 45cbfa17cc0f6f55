import { printTable } from '../client/table.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Starts or reaches each server of config/tools.yaml, and shows its tools: what they do, and whether they may be called. A running service is left alone. Ends with 1 when a server does not answer.',
  arguments: [{ name: 'server', description: 'Only this one.', required: false }],
  options: { json: { type: 'boolean', description: 'Print them as JSON, with their schemas.' } },
  examples: [
    { command: 'rgen tools list', note: 'The tools of all servers.' },
    { command: 'rgen tools list research --json', note: 'One server, with the schemas of its tools.' },
  ],
  async run({ arguments: [server], options, io }) {
    const { root } = findProject(io.cwd)
    const { probeServers } = await import('@rgen/runtime/tools')
    const reports = await probeServers(root, {
      env: projectEnv(root, io.env),
      ...(server === undefined ? {} : { server }),
    })
    const failed = reports.filter(({ ok }) => !ok)
    if (options.json) {
      printValue(
        reports.map(({ server: name, ok, problem, tools }) => ({
          server: name,
          ok,
          ...(problem === undefined ? {} : { problem }),
          tools: tools.map(({ tool, status }) => ({ ...tool, status })),
        })),
        io,
      )
    } else {
      const rows = reports.flatMap(({ server: name, tools }) =>
        tools.map(({ tool, status }) => [
          `${name}.${tool.name}`,
          status,
          tool.description?.split('\n')[0] ?? '',
        ]),
      )
      if (rows.length > 0) io.stdout.write(printTable(['TOOL', 'STATUS', 'DESCRIPTION'], rows, io.stdout))
      else if (reports.length === 0)
        io.stderr.write('There are no tool servers. Add one: rgen g tool-server Research\n')
      for (const { server: name, problem, fix } of failed)
        io.stderr.write(
          `${io.stderr.style.red('✗')} ${name}: ${problem ?? 'it does not answer'}\n${fix === undefined ? '' : `  ${fix}\n`}`,
        )
    }
    return failed.length > 0 ? 1 : 0
  },
})
