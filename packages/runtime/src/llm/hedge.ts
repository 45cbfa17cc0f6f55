import { CancelScope } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { AttemptResult } from './attempts.ts'
import type { Cancellation } from './transport.ts'

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

/**
 * Runs the first attempt, and a second beside it when the first has not answered after the delay. The first success
 * wins and the other is cancelled; when one fails, the other is waited for.
 *
 * @param second starts the second attempt, or returns undefined when there may be none.
 */
export async function hedged<T>(
  delayMs: number,
  clock: Clock,
  parent: Cancellation,
  first: (scope: CancelScope) => Promise<AttemptResult<T>>,
  second: (scope: CancelScope) => Promise<AttemptResult<T>> | undefined,
): Promise<AttemptResult<T>> {
  const scopes = [new CancelScope(parent), new CancelScope(parent)] as const
  const running = first(scopes[0])
  let stopTimer = (): void => undefined
  const patience = new Promise<'late'>((resolve) => {
    stopTimer = clock.setTimer(delayMs, () => resolve('late'))
  })
  const early = await Promise.race([running, patience])
  stopTimer()
  const beside = early === 'late' ? second(scopes[1]) : undefined
  try {
    if (early !== 'late') return early
    if (beside === undefined) return await running
    const winner = await Promise.race([
      running.then((result) => ({ result, other: beside })),
      beside.then((result) => ({ result, other: running })),
    ])
    return winner.result.ok ? winner.result : await winner.other
  } finally {
    for (const scope of scopes) scope.cancel({ class: 'aborted', message: 'another provider was faster' })
  }
}
