import type { AnyNode } from '../../tree.ts'
import { print } from '../../printer.ts'
import type { PipelineModel } from './model.ts'

/** Names one after the other; an array of arrays stands for branches that run at once. */
export type Order = readonly (string | readonly Order[])[]

/** A world in which every step gives the same answer: then the default rules alone decide what runs. */
export interface Scenario {
  /** The flags of every answer that are true. */
  readonly flags: ReadonlySet<string>
  /** The bound of every loop. */
  readonly rounds: number
}

/** The steps that a pipeline runs in a scenario, as its operators mean it; the expectation of a generated test. */
export function orderOf(model: PipelineModel, { flags, rounds }: Scenario): Order {
  return visit(model.plan.tree)

  function visit(node: AnyNode): Order {
    switch (node.type) {
      case 'Step':
        return [model.steps.get(print(node))?.registered ?? '']
      case 'Sequence':
        return node.items.flatMap(visit)
      case 'Parallel':
        return [node.branches.map(visit)]
      case 'Conditional':
        if (model.conditions.get(node)?.flags.some((flag) => flags.has(flag))) return visit(node.then)
        return node.else === undefined ? [] : visit(node.else)
      case 'Loop': {
        const round = node.body.flatMap(visit)
        const times = flags.has('done') || flags.has('approved') ? 1 : rounds
        return Array.from({ length: times }, () => round).flat()
      }
    }
  }
}

/** How many steps run at most when each loop takes all its rounds: tells when an expectation would be too long. */
export function longestRun(node: AnyNode, rounds: number): number {
  switch (node.type) {
    case 'Step':
      return 1
    case 'Sequence':
      return sum(node.items)
    case 'Parallel':
      return sum(node.branches)
    case 'Loop':
      return sum(node.body) * rounds
    case 'Conditional':
      return longestRun(node.then, rounds) + (node.else === undefined ? 0 : longestRun(node.else, rounds))
  }

  function sum(nodes: readonly AnyNode[]): number {
    return nodes.reduce((total, each) => total + longestRun(each, rounds), 0)
  }
}
