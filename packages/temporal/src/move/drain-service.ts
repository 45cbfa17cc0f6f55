// Loaded into a project's service before its own code (`node --import`) by `rgen engine move`: the service starts on the
// embedded engine as always, except that runs which begin wait to be moved. Then what can be moved is moved, the report
// is written to RGEN_MOVE_REPORT, and the service is asked to stop.
import { writeFileSync } from 'node:fs'
import { Restack } from '@rgen/engine'
import type { ServiceInput } from '@rgen/engine'
import type { ProjectEngine } from '../connection/project.ts'
import { holdFreshRuns } from './hold-fresh-runs.ts'
import { moveToTemporal, runsUnderWay } from './move-to-temporal.ts'

const {
  RGEN_MOVE_REPORT: reportFile = '',
  RGEN_MOVE_WAIT_MS: waitMs = '0',
  RGEN_MOVE_TO: target = '',
} = process.env

// The service's tool servers are processes of their own and have nothing to move.
delete process.env['NODE_OPTIONS']

async function move(from: Restack, underWay: ReadonlySet<string>): Promise<void> {
  try {
    const to = JSON.parse(target) as ProjectEngine
    const report = await moveToTemporal({ from, to, underWay, waitMs: Number(waitMs) })
    writeFileSync(reportFile, JSON.stringify({ report }))
  } catch (error) {
    const { message, code, hint } = error as Error & { code?: string; hint?: string }
    writeFileSync(reportFile, JSON.stringify({ error: { message, code, hint } }))
  }
  process.kill(process.pid, 'SIGTERM')
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the engine it belongs to, below
const { startService } = Restack.prototype

// The class of this process, which runs one service and ends: there is no other way into a service that is not ours.
Restack.prototype.startService = async function (this: Restack, input: ServiceInput) {
  const underWay = await runsUnderWay(this)
  const service = await startService.call(this, {
    ...input,
    agents: holdFreshRuns(input.agents ?? {}, underWay),
    workflows: holdFreshRuns(input.workflows ?? {}, underWay),
  })
  void move(this, underWay)
  return service
}
