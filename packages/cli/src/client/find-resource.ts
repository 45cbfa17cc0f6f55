import { nameKey, suffixKind, withoutSuffix } from '@rgen/grammar'
import type { Registration, Restack } from '@rgen/engine'
import { CliError, type Misspelling } from '../cli-error.ts'

/** An agent or a workflow that can be run. */
export type Runnable = Registration & { readonly kind: 'agent' | 'workflow' }

/**
 * The agent or workflow that a name stands for, in any spelling, with or without its kind as suffix.
 *
 * @throws {CliError} CLI_UNKNOWN_NAME with the nearest name; CLI_AMBIGUOUS_NAME when an agent and a workflow share
 * it; CLI_NOT_RUNNING when the service that knew it is not running.
 */
export function findRunnable(name: string, registrations: readonly Registration[]): Runnable {
  const runnables = runnablesOf(registrations)
  const [found, other] = matching(name, runnables)
  if (!found) {
    if (!registrations.some(({ live }) => live)) throw notRunning('No service of this project is running')
    const isFunction = registrations.some(
      (each) => each.kind === 'function' && nameKey(each.name) === nameKey(name),
    )
    throw new CliError('CLI_UNKNOWN_NAME', `There is no agent or workflow "${name}"`, {
      misspelling: misspelled(name, runnables),
      hint: isFunction ? 'That is a function: agents and workflows run it as a step.' : listNames(runnables),
    })
  }
  if (other && other.name !== found.name)
    throw new CliError('CLI_AMBIGUOUS_NAME', `"${name}" is an agent and a workflow`, {
      hint: `Write ${found.name} or ${other.name}.`,
    })
  if (!found.live) throw notRunning(`No running service has ${found.name}`)
  return found
}

/**
 * Makes sure that somebody works on a run, before something waits for its answer.
 *
 * @throws {CliError} CLI_NOT_RUNNING when the run is open and no running service has its code.
 */
export async function requireService(client: Restack, id: string): Promise<void> {
  const { type, status } = await client.describe({ id })
  if (status !== 'running' && status !== 'suspended') return
  const registrations = await client.registrations()
  if (!registrations.some(({ name, live }) => live && name === type))
    throw notRunning(`No running service has ${type}, so nobody answers`)
}

/** What a user can run; the service keeps a few of its own under names with a dot. */
function runnablesOf(registrations: readonly Registration[]): readonly Runnable[] {
  return registrations.filter(
    (each): each is Runnable => each.kind !== 'function' && !each.name.includes('.'),
  )
}

/** The registered name of the agent or workflow that a spelling stands for, running or not; undefined when there is none. */
export function sameRunName(name: string, registrations: readonly Registration[]): string | undefined {
  const runnables = runnablesOf(registrations)
  return matching(name, runnables)[0]?.name
}

/** The error for everything that needs a service, when none runs. */
export function notRunning(message: string): CliError {
  return new CliError('CLI_NOT_RUNNING', message, { hint: 'Start it in another terminal: `rgen dev`.' })
}

/** Exact names come first, then live ones. */
function matching(name: string, runnables: readonly Runnable[]): readonly Runnable[] {
  const kind = suffixKind(name)
  return runnables
    .filter((each) => each.name === name || sameName(name, each))
    .filter((each) => kind === undefined || kind === 'function' || each.kind === kind || each.name === name)
    .sort((left, right) => rank(right) - rank(left))
    .filter((each, index, [first]) => index === 0 || (first?.name !== name && each.live === first?.live))

  function rank(each: Runnable): number {
    return (each.name === name ? 2 : 0) + (each.live ? 1 : 0)
  }
}

/** Names are looked for with and without their kind, since most people leave it out. */
function misspelled(word: string, runnables: readonly Runnable[]): Misspelling {
  const names = new Map(
    runnables.flatMap(({ name, kind }) => [
      [name, name] as const,
      [withoutSuffix(name, kind), name] as const,
    ]),
  )
  return { word, candidates: [...names.keys()], show: (meant) => names.get(meant) ?? meant }
}

function sameName(name: string, { name: registered, kind }: Runnable): boolean {
  return nameKey(name, kind) === nameKey(registered, kind)
}

function listNames(runnables: readonly Runnable[]): string {
  const names = [...new Set(runnables.map(({ name }) => name))].sort()
  return names.length > 0
    ? `There is ${names.join(', ')}.`
    : 'This project has none yet: `rgen g agent Research` makes one.'
}
