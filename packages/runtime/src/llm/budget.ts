// Budgets: how much money a run, an agent or a tag may spend.
//
//   G1. The worst case is reserved before sending, so that calls side by side cannot overrun the limit together.
//   G2. What was really billed replaces the reservation; spending is forgotten after the budget's window.

import type { RouterSettings } from './config.ts'

type BudgetConfig = RouterSettings['features']['budget'][number]

interface Spending {
  readonly at: number
  readonly usd: number
}

interface Account {
  readonly spent: Spending[]
  total: number
  reserved: number
}

/** A refusal: which budget, and when spending in it may go on. */
export interface BudgetRefusal {
  readonly scope: string
  readonly limitUsd: number
  readonly spentUsd: number
  readonly retryAfterMs: number | undefined
}

/** What a call holds in every budget that it falls under. */
export interface BudgetReservation {
  settle(usd: number, now: number): void
}

const WINDOWS = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
  none: Number.POSITIVE_INFINITY,
} as const

/** Accounts of finished runs are dropped, the oldest first, beyond this many. */
const MAX_ACCOUNTS = 10_000

/** Money is added in floating point; a limit that was met to the last digit must not be refused for that. */
const EPSILON_USD = 1e-9

/** All budgets of a router. Amounts in USD, moments in monotonic milliseconds. */
export class Budgets {
  readonly #budgets: readonly BudgetConfig[]
  readonly #accounts = new Map<string, Account>()

  constructor(budgets: readonly BudgetConfig[]) {
    this.#budgets = budgets
  }

  /**
   * Reserves in every budget, or in none. Calls that carry no id for a scope share one account.
   *
   * @param onExceeded told about budgets that only log.
   */
  reserve(
    usd: number,
    tags: Readonly<Record<string, string>>,
    now: number,
    onExceeded: (refusal: BudgetRefusal) => void,
  ): BudgetReservation | BudgetRefusal {
    const accounts: Account[] = []
    for (const budget of this.#budgets) {
      const account = this.#account(budget, tags, now)
      const committed = account.total + account.reserved
      if (committed + usd > budget.limit_usd + EPSILON_USD || committed >= budget.limit_usd) {
        const refusal = describe(budget, account, now)
        if (budget.enforcement === 'block') return refusal
        onExceeded(refusal)
      }
      accounts.push(account)
    }
    for (const account of accounts) account.reserved += usd
    let open = true
    return {
      settle: (billed, at) => {
        if (!open) return
        open = false
        for (const account of accounts) {
          account.reserved = Math.max(0, account.reserved - usd)
          if (billed <= 0) continue
          account.spent.push({ at, usd: billed })
          account.total += billed
        }
      },
    }
  }

  #account(budget: BudgetConfig, tags: Readonly<Record<string, string>>, now: number): Account {
    const tag = budget.scope === 'tag' ? (budget.tag ?? '') : budget.scope
    const key = JSON.stringify([budget.scope, tag, tags[tag] ?? ''])
    const account = this.#accounts.get(key) ?? { spent: [], total: 0, reserved: 0 }
    // Moves it to the end, so that the first ones are those that were not used for longest.
    this.#accounts.delete(key)
    this.#accounts.set(key, account)
    if (this.#accounts.size > MAX_ACCOUNTS) this.#dropOldest()
    const since = now - windowMs(budget)
    while (account.spent[0] !== undefined && account.spent[0].at <= since)
      account.total = Math.max(0, account.total - (account.spent.shift()?.usd ?? 0))
    return account
  }

  #dropOldest(): void {
    for (const [key, account] of this.#accounts) {
      if (account.reserved > 0) continue
      this.#accounts.delete(key)
      return
    }
  }
}

export function isRefusal(value: BudgetReservation | BudgetRefusal): value is BudgetRefusal {
  return 'limitUsd' in value
}

function windowMs({ window }: BudgetConfig): number {
  return typeof window === 'number' ? window * 1000 : WINDOWS[window]
}

function describe(budget: BudgetConfig, account: Account, now: number): BudgetRefusal {
  const [oldest] = account.spent
  const wait = oldest === undefined ? undefined : oldest.at + windowMs(budget) - now
  return {
    scope: budget.scope === 'tag' ? `tag ${budget.tag ?? ''}` : budget.scope,
    limitUsd: budget.limit_usd,
    spentUsd: account.total,
    retryAfterMs: wait === undefined || !Number.isFinite(wait) ? undefined : wait,
  }
}
