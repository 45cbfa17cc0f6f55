// Drains an embedded engine onto Temporal. Histories cannot be converted, so agents go over where they begin: runs that
// nobody has begun yet, and runs that an agent has just continued as.
//
//   M1. A run is started there before it ends here; doing it again finds it there and ends it here.
//   M2. What was accepted here and not handled travels with its run.
//   M3. Runs under way here are not touched; they are reported, until they have come to a place where they can go over.
import type { Restack, RunSummary, ServiceInput } from '@rgen/engine'
import { isEngineError } from '@rgen/engine/host'
import { openTemporalDriver, TemporalDriver } from '../client/driver.ts'
import type { TemporalOptions } from '../connection/options.ts'
import type { ProjectEngine } from '../connection/project.ts'
import { TemporalError } from '../errors.ts'
import { holdFreshRuns } from './hold-fresh-runs.ts'

/** What {@link moveToTemporal} takes. */
export interface MoveOptions {
  /** The embedded engine. No other process may run its agents meanwhile. */
  readonly from: Restack
  readonly to: TemporalOptions | ProjectEngine
  /** What is needed for agents under way to reach their next continue-as-new. Without it they are only reported. */
  readonly service?: Pick<ServiceInput, 'agents' | 'workflows' | 'functions'>
  /** Run ids that had begun before agents were held back, when the caller does that. Default: those of now. */
  readonly underWay?: ReadonlySet<string>
  /** How long agents under way are waited for, in milliseconds. Default 0. */
  readonly waitMs?: number
}

/** What became of an engine's work. */
export interface MoveReport {
  readonly schedules: readonly string[]
  readonly runs: readonly { readonly id: string; readonly type: string; readonly events: number }[]
  /** Runs that are under way here: do it again later. */
  readonly left: readonly { readonly id: string; readonly type: string; readonly runId: string }[]
}

/** Memo of a run that was moved: the run id that it had here. */
const movedFrom = 'rgen.movedFrom'
const pollMs = 100

/**
 * Moves schedules, runs that have not begun, and undelivered events to Temporal. Can be done again until nothing is
 * left.
 *
 * @throws {TemporalError} TEMPORAL_MOVE when an id is taken there by something else; what was moved before stays moved.
 * @example
 * const report = await moveToTemporal({ from: new Restack({ database }), to: { address }, service: { agents, functions } })
 */
export async function moveToTemporal(options: MoveOptions): Promise<MoveReport> {
  const { from, to, service, waitMs = 0 } = options
  const target = openTemporalDriver(to)
  if (!(target instanceof TemporalDriver))
    throw new TemporalError('TEMPORAL_MOVE', 'The target is not Temporal')
  try {
    // A server that does not answer must be known before anything is held back or moved.
    await target.list({ limit: 1 })
    const schedules = await moveSchedules(from, target)
    const underWay = options.underWay ?? (await runsUnderWay(from))
    const stop = service === undefined ? undefined : await drain(from, service, underWay)
    const runs: MoveReport['runs'][number][] = []
    const deadline = performance.now() + waitMs
    try {
      for (;;) {
        const open = await openRuns(from)
        for (const run of open) if (canMove(run, underWay)) runs.push(await moveRun(from, target, run))
        const left = open
          .filter((run) => !canMove(run, underWay))
          .map(({ id, type, runId }) => ({ id, type, runId }))
        if (left.length === 0 || performance.now() >= deadline) return { schedules, runs, left }
        await new Promise((resume) => setTimeout(resume, pollMs))
      }
    } finally {
      await stop?.()
    }
  } finally {
    await target.close()
  }
}

/** Run ids of the runs that have begun. */
export async function runsUnderWay(from: Restack): Promise<ReadonlySet<string>> {
  return new Set((await openRuns(from)).filter(hasBegun).map(({ runId }) => runId))
}

async function openRuns(from: Restack): Promise<readonly RunSummary[]> {
  const [running, suspended] = await Promise.all([
    from.list({ status: 'running', limit: 100_000 }),
    from.list({ status: 'suspended', limit: 100_000 }),
  ])
  return [...running, ...suspended]
}

const hasBegun = ({ historyLength }: RunSummary): boolean => historyLength > 1

function canMove(run: RunSummary, underWay: ReadonlySet<string>): boolean {
  return run.parent === undefined && !underWay.has(run.runId) && !hasBegun(run)
}

/** Runs the agents that are under way on every queue that they stand on. Answers how to stop. */
async function drain(
  from: Restack,
  { agents = {}, workflows = {}, functions = {} }: NonNullable<MoveOptions['service']>,
  underWay: ReadonlySet<string>,
): Promise<() => Promise<void>> {
  const queues = new Set(['restack', ...(await openRuns(from)).map(({ taskQueue }) => taskQueue)])
  const services = await Promise.all(
    [...queues].map((taskQueue) =>
      from.startService({
        taskQueue,
        functions,
        agents: holdFreshRuns(agents, underWay),
        workflows: holdFreshRuns(workflows, underWay),
      }),
    ),
  )
  return async () => {
    await Promise.all(services.map((service) => service.stop()))
  }
}

async function moveRun(
  from: Restack,
  target: TemporalDriver,
  run: RunSummary,
): Promise<MoveReport['runs'][number]> {
  const { id, runId, type, kind, taskQueue, memo } = run
  const { undelivered } = await from.describe({ id, runId })
  const input = (await from.history({ id, runId })).events[0]?.data
  const request = { id, type, kind, taskQueue, memo: { ...memo, [movedFrom]: runId } }
  const events = undelivered.map(({ eventId, name, input: of }) => ({
    id: eventId,
    name,
    ...(of === undefined ? {} : { input: of }),
  }))
  try {
    await target.adopt(input === undefined || input === null ? request : { ...request, input }, events)
  } catch (error) {
    if (!isEngineError(error, 'ENGINE_ID_IN_USE')) throw error
    // An earlier move may have come so far and no further (M1).
    const there = await target.describe({ id })
    if (there.memo?.[movedFrom] !== runId) {
      throw new TemporalError('TEMPORAL_MOVE', `The id ${id} is taken on Temporal by another run`, {
        hint: 'End one of the two, then move again; what was moved before stays moved.',
        cause: error,
      })
    }
  }
  await from.terminate({ id, runId, reason: 'moved to Temporal' })
  return { id, type, events: events.length }
}

async function moveSchedules(from: Restack, target: TemporalDriver): Promise<readonly string[]> {
  const moved: string[] = []
  for (const { id, spec, target: start, paused, note } of await from.schedules.list()) {
    try {
      await target.createSchedule({ id, spec, target: start })
    } catch (error) {
      if (!isEngineError(error, 'ENGINE_ID_IN_USE')) throw error
    }
    if (paused) await target.pauseSchedule(id, note)
    await from.schedules.delete(id)
    moved.push(id)
  }
  return moved
}
