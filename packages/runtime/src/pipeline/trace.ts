/**
 * The order in which a pipeline must run its steps: names one after the other; an array of arrays in their midst
 * stands for branches that run at once.
 *
 * @example const order: TraceOrder = ['start', [['text'], ['draw', 'resize']], 'publish']
 */
export type TraceOrder = readonly (string | readonly TraceOrder[])[]

/**
 * Compares what ran with the order in which it should: branches may interleave in any way.
 *
 * @returns what is wrong, for people; undefined when nothing is.
 * @example expect(deviation(trace, ['start', [['text'], ['images']], 'publish'])).toBeUndefined()
 */
export function deviation(trace: readonly string[], order: TraceOrder): string | undefined {
  let ways: readonly TraceOrder[] = [order]
  for (const [index, name] of trace.entries()) {
    const left = distinct(ways.flatMap((way) => after(way, name)))
    if (left.length === 0) {
      const wanted = [...new Set(ways.flatMap(firstNames))]
      return `step ${index + 1} was ${name}, expected ${wanted.length === 0 ? 'the end' : wanted.join(' or ')}`
    }
    ways = left
  }
  if (ways.some((way) => way.length === 0)) return undefined
  return `the trace ended after ${trace.length} steps, expected ${[...new Set(ways.flatMap(firstNames))].join(' or ')}`
}

/** What remains of an order once a step has run; more than one answer when several branches begin with it. */
function after(order: TraceOrder, name: string): TraceOrder[] {
  const [first, ...rest] = order
  if (first === undefined) return []
  if (typeof first === 'string') return first === name ? [rest] : []
  const tried = new Set<string>()
  return first.flatMap((branch, index) => {
    const ways = after(branch, name)
    if (ways.length === 0) return []
    // Of branches that are alike it does not matter which one went on.
    const key = JSON.stringify(branch)
    if (tried.has(key)) return []
    tried.add(key)
    return ways.map((left) => {
      const branches = first.with(index, left).filter((each) => each.length > 0)
      return branches.length > 0 ? [branches, ...rest] : rest
    })
  })
}

function firstNames([first]: TraceOrder): string[] {
  if (first === undefined) return []
  return typeof first === 'string' ? [first] : first.flatMap(firstNames)
}

/** Two branches that begin alike leave the same to do. */
function distinct(ways: readonly TraceOrder[]): readonly TraceOrder[] {
  return ways.length < 2 ? ways : [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()]
}
