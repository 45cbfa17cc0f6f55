import type { ServerReport } from '@rgen/runtime/tools'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Starts or reaches each tool server of config/tools.yaml, asks for a sign of life, lists its tools, and makes one harmless call. Each failure has its fix. Ends with 1 when one failed.',
  options: {
    server: { type: 'string', description: 'Only this one.' },
    json: { type: 'boolean', description: 'Print the findings as JSON.' },
  },
  examples: [
    { command: 'rgen test:tools', note: 'All servers.' },
    { command: 'rgen test:tools --server research --json', note: 'One of them, for a script.' },
  ],
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const { probeServers } = await import('@rgen/runtime/tools')
    const reports = await probeServers(root, {
      env: projectEnv(root, io.env),
      ...(options.server === undefined ? {} : { server: options.server }),
    })
    const failed = reports.some(({ ok }) => !ok)
    if (options.json) {
      const servers = reports.map(({ tools, ...report }) => ({
        ...report,
        tools: tools.map(({ tool, status }) => ({ name: tool.name, status })),
      }))
      printValue({ ok: !failed, servers }, io)
    } else if (reports.length === 0) {
      io.stdout.write('There are no tool servers. Add one: rgen g tool-server Research\n')
    } else {
      io.stdout.write(reports.map((report) => printReport(report, io.stdout)).join(''))
    }
    return failed ? 1 : 0
  },
})

function printReport(report: ServerReport, { style }: Output): string {
  const { server, ok, tools, startMs, pingMs, probe, problem, fix, advice } = report
  const available = tools.filter(({ status }) => status === 'available').length
  const lines = ok
    ? [
        `${style.green('✓')} ${server}: healthy (${available} ${available === 1 ? 'tool' : 'tools'} available)`,
        ...tools.map(({ tool, status }) => `  - ${tool.name}${status === 'available' ? '' : ` (${status})`}`),
        style.dim(`  started in ${startMs ?? 0} ms, ping ${pingMs ?? 0} ms, call ${probe?.ms ?? 0} ms`),
      ]
    : [
        `${style.red('✗')} ${server}: ${problem ?? 'it does not answer'}`,
        ...(fix === undefined ? [] : [style.cyan(`  Fix: ${fix}`)]),
      ]
  return [...lines, ...advice.map((text) => `${style.yellow('!')} ${server}: ${text}`), ''].join('\n')
}
