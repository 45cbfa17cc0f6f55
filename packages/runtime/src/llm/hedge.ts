import { CancelScope } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { AttemptResult } from './attempts.ts'
import type { Cancellation } from './transport/transport.ts'

/** Keeps what hedging costs below a share of everything. Amounts are expected costs, in USD or in requests. */
export class HedgeBudget {
  #spent = 0
  #extra = 0
  readonly #maxPct: number

  constructor(maxExtraCostPct: number) {
    this.#maxPct = maxExtraCostPct
  }

  spend(amount: number): void {
    this.#spent += amount
  }

  /** Takes the amount when it fits; the first hedge always does. */
  tryExtra(amount: number): boolean {
    if (this.#extra > 0 && this.#extra + amount > (this.#spent * this.#maxPct) / 100) return false
    this.#extra += amount
    return true
  }
}

/** The two attempts of a hedge. */
export interface HedgePair<T> {
  readonly first: (scope: CancelScope) => Promise<AttemptResult<T>>
  /** Starts the second attempt, or returns undefined when there may be none. */
  readonly second: (scope: CancelScope) => Promise<AttemptResult<T>> | undefined
  /** A success that came too late: closes what it holds. */
  readonly drop: (value: T) => void
}

/**
 * Runs the first attempt, and a second beside it when the first has not answered after the delay. The first success
 * wins and the other is cancelled; when one fails, the other is waited for. The winner's scope stays tied to the
 * parent's: what it opened may be read for long.
 */
export async function hedged<T>(
  delayMs: number,
  clock: Clock,
  parent: Cancellation,
  { first, second, drop }: HedgePair<T>,
): Promise<AttemptResult<T>> {
  const firstScope = new CancelScope(parent)
  const running = first(firstScope)
  let stopTimer = (): void => undefined
  const patience = new Promise<'late'>((resolve) => {
    stopTimer = clock.setTimer(delayMs, () => resolve('late'))
  })
  const early = await Promise.race([running, patience]).finally(() => stopTimer())
  if (early !== 'late') return early
  const secondScope = new CancelScope(parent)
  const beside = second(secondScope)
  if (beside === undefined) return running
  const contenders = [
    { result: running, scope: firstScope },
    { result: beside, scope: secondScope },
  ] as const
  const [one, other] = await Promise.race([
    running.then(() => contenders),
    beside.then(() => [contenders[1], contenders[0]] as const),
  ])
  const result = await one.result
  if (!result.ok) return other.result
  other.scope.cancel({ class: 'aborted', message: 'another provider was faster' })
  void other.result.then(
    (late) => {
      if (late.ok) drop(late.value)
    },
    () => undefined,
  )
  return result
}
