/** How many letters may differ for a suggestion to be called a likely slip. */
function isClose(distance: number, length: number): boolean {
  return distance <= Math.max(1, Math.floor(length / 3))
}

/** The known name that is most like a wrong one, and whether it is likely to be what was meant. */
export interface Nearest {
  readonly name: string
  readonly close: boolean
}

/**
 * Finds the most similar of some names. Case and separators count for nothing: `datafetcher` is `DataFetcher`.
 *
 * @example nearest('Reviwer', ['DataFetcher', 'Reviewer']) // { name: 'Reviewer', close: true }
 */
export function nearest(wrong: string, known: Iterable<string>): Nearest | undefined {
  const plain = plainText(wrong)
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(plain, plainText(name), best?.distance ?? Number.POSITIVE_INFINITY)
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  return best && { name: best.name, close: isClose(best.distance, plain.length) }
}

function plainText(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '').slice(0, 100)
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` when there are at least that many. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (isSwap(a, b, i, j)) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    if (Math.min(...row) >= limit) return limit
    beforeLast = last
    last = row
  }
  return last[b.length] ?? limit
}

function isSwap(a: string, b: string, i: number, j: number): boolean {
  return i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
}
