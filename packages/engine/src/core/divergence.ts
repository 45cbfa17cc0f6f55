import { EngineError } from '../errors.ts'
import type { FailureData } from './failure.ts'
import type { Command, Entry } from './history.ts'

/** A command with the stack of the code that asked for it, while a history is replayed. */
export interface TracedCommand extends Command {
  readonly trace?: { readonly stack?: string } | undefined
}

/** Where a replay left its history. */
export interface Divergence {
  /** Sequence number of the recorded event that was not asked for, or after which something else was asked for. */
  readonly seq: number
  readonly expected: string | undefined
  readonly actual: string | undefined
  /** `file:line:column` of today's code: where it asked for something else, or last asked for anything. */
  readonly source: string | undefined
}

/** What was recorded and what was asked for in answer to one event. */
export interface Comparison {
  readonly recorded: readonly (Command & { readonly seq: number })[]
  readonly asked: readonly TracedCommand[]
  /** Sequence number of the event. */
  readonly seq: number
  /** What was last asked for before. */
  readonly askedBefore?: readonly TracedCommand[]
}

/** Commands as compared: patches may come and go. */
const comparable = <T extends Entry<string>>(entry: T): boolean => entry.type !== 'Patched'

/** What a strict comparison adds: inputs must be equal too. */
const withData: ReadonlySet<string> = new Set([
  'StepScheduled',
  'ChildRequested',
  'EventSent',
  'TimerStarted',
])

/** The first difference between what a history recorded and what today's code asks for. */
export function findDivergence(
  { recorded, asked, seq, askedBefore = [] }: Comparison,
  strict: boolean,
): Divergence | undefined {
  const expected = recorded.filter(comparable)
  const actual = asked.filter(comparable)
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    const before = expected[index]
    const today = actual[index]
    if (before !== undefined && today !== undefined && sameCommand(before, today, strict)) continue
    return {
      seq: before?.seq ?? expected.at(-1)?.seq ?? seq,
      expected: before === undefined ? undefined : describeCommand(before),
      actual: today === undefined ? undefined : describeCommand(today),
      source: sourceOfCommand(today) ?? lastSource(actual.slice(0, index)) ?? lastSource(askedBefore),
    }
  }
  return undefined
}

/** What today's code asks for after all that its history recorded, when the history is a beginning of it. */
export function beyond(
  recorded: readonly Command[],
  asked: readonly TracedCommand[],
): readonly TracedCommand[] {
  let left = recorded.filter(comparable).length
  const start = asked.findIndex((command) => {
    if (comparable(command)) left -= 1
    return left < 0
  })
  return start < 0 ? [] : asked.slice(start)
}

function sameCommand(before: Command, today: Command, strict: boolean): boolean {
  if (before.type !== today.type || before.n !== today.n || before.name !== today.name) return false
  if (before.type === 'ChildRequested' && childId(before) !== childId(today)) return false
  return !strict || !withData.has(before.type) || (before.data === today.data && before.meta === today.meta)
}

function childId(command: Command): unknown {
  return command.meta === null ? undefined : (JSON.parse(command.meta) as { id?: unknown }).id
}

/** A command in words: `step 3 sendEmail({"to":"a"})`. */
export function describeCommand({ type, n, name, data, meta }: Command): string {
  const detail = data === null ? '' : `(${shorten(/Failed$/.test(type) ? failureText(data) : data)})`
  const time = type === 'TimerStarted' && meta !== null ? ` ${meta}` : ''
  return `${type}${n === null ? '' : ` ${n}`}${name === null ? '' : ` ${name}`}${detail}${time}`
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function failureText(data: string): string {
  const { name, message } = JSON.parse(data) as FailureData
  return `${name}: ${message}`
}

/** The error of a run whose code does not do what its history says. */
export function nondeterminism(run: string, divergence: Divergence): EngineError {
  const { seq, expected, actual, source } = divergence
  const place = source === undefined ? '' : `\n  at ${source}`
  return Object.assign(
    new EngineError(
      'ENGINE_NONDETERMINISM',
      `${run} does not replay: at event ${seq} its history has ${expected ?? 'nothing more'}, ` +
        `today's code asks for ${actual ?? 'nothing more'}${place}`,
      {
        hint: 'Guard changed code with patched("<id>"), and keep I/O, clocks and random sources of your own in steps.',
      },
    ),
    { divergence },
  )
}

/**
 * This package, its sources too, which source maps name: its own frames are no help to the author of an agent. Nor are
 * those of installed packages.
 */
const ownPackage = new URL('../..', import.meta.url).href

/** The last place of the code that asked for one of these. */
function lastSource(asked: readonly TracedCommand[]): string | undefined {
  return asked.map(sourceOfCommand).findLast((source) => source !== undefined)
}

/** Where the code asked for it; for the end of a run that failed, where the error was made. */
function sourceOfCommand(command: TracedCommand | undefined): string | undefined {
  if (command?.type !== 'RunFailed') return sourceOf(command?.trace?.stack)
  return sourceOf((JSON.parse(command.data ?? '{}') as FailureData).stack)
}

/** The first frame of a stack outside of the engine, as `file:line:column`. */
export function sourceOf(stack: string | undefined): string | undefined {
  for (const line of stack?.split('\n') ?? []) {
    if (line.includes('node:')) continue
    const match = /\(?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?:\d+:\d+)\)?$/.exec(line.trim())
    if (match?.[1] === undefined) continue
    const place = match[1].startsWith('file:') ? match[1] : `file://${match[1]}`
    const installed = place.startsWith(ownPackage) || place.includes('/node_modules/')
    const own = installed && !/\.(test|fixture)\.[jt]s:/.test(place)
    if (!own) return decodeURI(place.replace('file://', ''))
  }
  return undefined
}
