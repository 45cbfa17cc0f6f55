import { beyond, findDivergence, nondeterminism, type TracedCommand } from './divergence.ts'
import type { Execution } from './execution.ts'
import { isClosing, isInbound, type Command, type HistoryRow, type Inbound } from './history.ts'
import type { Turns } from './turns.ts'

/** How strictly a replay compares. */
export interface ReplayOptions {
  /** Inputs of steps and children must be the same, too. */
  readonly strict: boolean
  /**
   * Take what today's code asks for after the last recorded command as new: for a run that got stuck in a foreign await
   * and whose code was mended.
   */
  readonly mend?: boolean
}

type RecordedCommand = Command & { readonly seq: number }

interface Group {
  readonly inbound: HistoryRow & Inbound
  readonly commands: readonly RecordedCommand[]
}

/** Applies one event and lets the code go on until it has nothing to do. */
export async function activate(
  turns: Turns,
  execution: Execution,
  inbound: Inbound,
  ts: number,
): Promise<void> {
  let again = await turns.take(
    () => execution.begin(inbound, ts),
    () => execution.settle(),
  )
  while (again) {
    again = await turns.take(
      () => execution.resume(),
      () => execution.settle(),
    )
  }
}

/**
 * Brings a fresh execution to where its history ends.
 *
 * @throws {EngineError} ENGINE_NONDETERMINISM at the first event where today's code does something else; or the fault
 *   that the code ran into.
 */
export async function replay(
  turns: Turns,
  execution: Execution,
  rows: readonly HistoryRow[],
  options: ReplayOptions,
): Promise<void> {
  const { type, id } = execution.identity
  execution.patches.know(rows.filter((row) => row.type === 'Patched').map((row) => row.name ?? ''))
  execution.replaying = true
  const groups = groupsOf(rows)
  let askedBefore: readonly TracedCommand[] = []
  for (const [index, { inbound, commands }] of groups.entries()) {
    await activate(turns, execution, inbound, inbound.ts)
    const asked = execution.take()
    if (execution.fault !== undefined) throw execution.fault
    const more = options.mend === true && index === groups.length - 1 ? beyond(commands, asked) : []
    const compared = asked.slice(0, asked.length - more.length)
    const comparison = { recorded: commands, asked: compared, seq: inbound.seq, askedBefore }
    const divergence = findDivergence(comparison, options.strict)
    if (divergence !== undefined) throw nondeterminism(`${type} ${id}`, divergence)
    if (asked.length > 0) askedBefore = asked
    execution.giveBack(more)
    if (commands.some(isClosing)) break
  }
  execution.replaying = false
}

/** A history as inbound events, each with the commands that it caused. */
export function groupsOf(rows: readonly HistoryRow[]): readonly Group[] {
  const groups: { inbound: HistoryRow & Inbound; commands: RecordedCommand[] }[] = []
  for (const row of rows) {
    if (isInbound(row)) groups.push({ inbound: row, commands: [] })
    else if (row.type !== 'RunTerminated') groups.at(-1)?.commands.push(row as RecordedCommand)
  }
  return groups
}
