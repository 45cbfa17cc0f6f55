import type { Check } from '../check.ts'
import { ConfigError } from '../config/config-error.ts'
import { toolsFile } from './config/load.ts'
import { probeServers } from './probe.ts'
import type { ProbeOptions, ServerReport } from './probe.ts'

const area = 'Tool servers'

/**
 * The findings of `rgen doctor --check-tools`: each server is started or reached, asked for a sign of life and its
 * tools, called once, compared with tools.lock, and stopped. A configuration that cannot be used is a finding, too.
 */
export async function checkTools(root: string, options: ProbeOptions = {}): Promise<readonly Check[]> {
  let reports: readonly ServerReport[]
  try {
    reports = await probeServers(root, options)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const detail = error.message.split('\n')[0] ?? error.code
    return [{ area, name: toolsFile, status: 'fail', detail, fix: error.hint ?? `Correct ${toolsFile}` }]
  }
  if (reports.length === 0) return [{ area, name: toolsFile, status: 'ok', detail: 'no tool servers' }]
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
  const noun = available.length === 1 ? 'tool' : 'tools'
  return `healthy (${available.length} ${noun} available: ${available.join(', ')}; ${times})`
}
