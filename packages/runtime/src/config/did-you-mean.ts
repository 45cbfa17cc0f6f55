/**
 * The candidate that a mistyped word most likely stands for, or undefined when none is near. Case and the
 * separators `-` and `_` do not count; two neighbouring letters swapped count as one mistake.
 *
 * @example didYouMean('transprt', ['transport', 'timeout']) // 'transport'
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const typed = fold(word)
  const allowed = Math.max(1, Math.floor(typed.length / 3))
  let nearest: string | undefined
  let nearestDistance = allowed + 1
  for (const candidate of candidates) {
    const distance = editDistance(typed, fold(candidate), nearestDistance)
    if (distance < nearestDistance) [nearest, nearestDistance] = [candidate, distance]
  }
  return nearest
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '')
}

/** Optimal string alignment distance; any number of at least `limit` means "too far". */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(substitution, at(previous, j) + 1, at(current, j - 1) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, at(beforePrevious, j - 2) + 1)
      current.push(best)
    }
    ;[beforePrevious, previous] = [previous, current]
  }
  return at(previous, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
