import { nameKey, suffixKind } from '@rgen/grammar'
import type { Registration } from '@rgen/engine'
import { CliError } from '../cli-error.ts'

/** An agent or a workflow that can be run. */
export type Runnable = Registration & { readonly kind: 'agent' | 'workflow' }

/**
 * The agent or workflow that a name stands for, in any spelling, with or without its kind as suffix.
 *
 * @throws {CliError} CLI_UNKNOWN_NAME with the nearest name; CLI_AMBIGUOUS_NAME when an agent and a workflow share
 * it; CLI_NOT_RUNNING when the service that knew it is not running.
 */
export function findRunnable(name: string, registrations: readonly Registration[]): Runnable {
  const runnables = registrations.filter((each): each is Runnable => each.kind !== 'function')
  const [found, other] = matching(name, runnables)
  if (!found) {
    if (!registrations.some(({ live }) => live)) throw notRunning('No service of this project is running')
    const isFunction = registrations.some(
      (each) => each.kind === 'function' && nameKey(each.name) === nameKey(name),
    )
    throw new CliError('CLI_UNKNOWN_NAME', `There is no agent or workflow "${name}"`, {
      misspelling: {
        word: name,
        candidates: runnables.map((each) => each.name),
        show: (meant) => `"${meant}"`,
      },
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

/** The registered name of the agent or workflow that a spelling stands for, running or not; undefined when there is none. */
export function sameRunName(name: string, registrations: readonly Registration[]): string | undefined {
  const runnables = registrations.filter((each): each is Runnable => each.kind !== 'function')
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

function sameName(name: string, { name: registered, kind }: Runnable): boolean {
  return nameKey(name, kind) === nameKey(registered, kind)
}

function listNames(runnables: readonly Runnable[]): string {
  const names = [...new Set(runnables.map(({ name }) => name))].sort()
  return names.length > 0
    ? `There is ${names.join(', ')}.`
    : 'This project has none yet: `rgen g agent Research` makes one.'
}
