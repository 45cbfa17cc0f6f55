import type { Check } from '../check.ts'
import { probeServers } from './probe.ts'
import type { ProbeOptions, ServerReport } from './probe.ts'

const area = 'Tool servers'

/**
 * The findings of `rgen doctor --check-tools`: each server is started or reached, asked for a sign of life and its
 * tools, called once, compared with tools.lock, and stopped.
 *
 * @throws {ConfigError} when config/tools.yaml cannot be used.
 */
export async function checkTools(root: string, options: ProbeOptions = {}): Promise<readonly Check[]> {
  const reports = await probeServers(root, options)
  if (reports.length === 0)
    return [{ area, name: 'config/tools.yaml', status: 'ok', detail: 'no tool servers' }]
  return reports.flatMap(checksOf)
}

function checksOf(report: ServerReport): Check[] {
  const { server, ok, problem, fix, advice } = report
  const own: Check = ok
    ? { area, name: server, status: 'ok', detail: healthy(report) }
    : {
        area,
        name: server,
        status: 'fail',
        detail: `unreachable: ${problem ?? 'no reason is known'}`.replace('unreachable: changed', 'changed'),
        ...(fix === undefined ? {} : { fix }),
      }
  const advised = advice.map((text): Check => ({
    area,
    name: server,
    status: 'warn',
    detail: text,
    fix: 'Edit config/tools.yaml',
  }))
  return [own, ...advised]
}

function healthy({ tools, startMs, pingMs, probe }: ServerReport): string {
  const available = tools.filter(({ status }) => status === 'available').map(({ tool }) => tool.name)
  const times = `started in ${startMs ?? 0} ms, ping ${pingMs ?? 0} ms, call ${probe?.ms ?? 0} ms`
  return `healthy (${available.length} tools available: ${available.join(', ')}; ${times})`
}
