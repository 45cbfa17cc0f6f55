import type { Plan } from '../plan.ts'
import { printStep } from '../printer.ts'
import type { AnyNode, PipelineNode, ResourceKind, StepNode } from '../tree.ts'

/** A call of a step, as a box of a picture. */
export interface GraphStep {
  /** `s1`, `s2` …: every call is a box of its own. */
  readonly id: string
  readonly label: string
  /** Known when the picture is drawn from a plan. */
  readonly kind?: ResourceKind
}

/** An arrow of a picture. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** What the arrow says: `repurpose?`, `else`, `again`. */
  readonly label?: string
  /** `back` leads to the next round of a loop, `guard` to what a condition guards. */
  readonly style: 'next' | 'guard' | 'back'
}

/** What a pipeline looks like: boxes and arrows, for any way to draw them. */
export interface Graph {
  readonly steps: readonly GraphStep[]
  readonly edges: readonly GraphEdge[]
}

/** Ends of what came before: a step that leads on, perhaps under a label. */
interface End {
  readonly from: string
  readonly label?: string
}

/** More arrows between two joins than this are drawn through a dot, so that a picture stays linear in size. */
const MOST_CROSSINGS = 16

/**
 * Lays out nothing yet: answers which boxes and arrows a pipeline has. Every call of a step is a box, so the graph
 * has no cycle except for the arrows back of loops.
 *
 * @param pipeline A plan, for boxes that know their kind, or a tree.
 * @example graphOf(parse('A → B')).edges // [{ from: 's1', to: 's2', style: 'next' }]
 */
export function graphOf(pipeline: Plan | PipelineNode): Graph {
  return new GraphBuilder('tree' in pipeline ? pipeline : undefined).build(
    'tree' in pipeline ? pipeline.tree : pipeline,
  )
}

/** Open ends that a condition takes up without a dot. */
const MOST_OPEN_ENDS = 6

class GraphBuilder {
  readonly #plan: Plan | undefined
  readonly #steps: GraphStep[] = []
  readonly #edges: GraphEdge[] = []

  constructor(plan: Plan | undefined) {
    this.#plan = plan
  }

  build(tree: PipelineNode): Graph {
    this.#add(tree, [])
    return { steps: this.#steps, edges: this.#edges }
  }

  /** Draws a node behind what came before, and answers its ends. */
  #add(node: AnyNode, before: readonly End[]): readonly End[] {
    switch (node.type) {
      case 'Step':
        return this.#step(node, before)
      case 'Sequence':
        return node.items.reduce((ends, item) => this.#add(item, ends), before)
      case 'Parallel': {
        const joined = node.branches.length * before.length > MOST_CROSSINGS ? this.#dot(before) : before
        return node.branches.flatMap((branch) => this.#add(branch, joined))
      }
      case 'Conditional':
        return this.#conditional(node.then, node.else, before)
      case 'Loop':
        return this.#loop(node.body, before)
    }
  }

  #step(node: StepNode, before: readonly End[]): readonly End[] {
    const kind = this.#plan?.resourceOf(node).kind ?? node.kind
    const id = this.#box(printStep(node), kind)
    this.#connect(before, id)
    return [{ from: id }]
  }

  #dot(before: readonly End[]): readonly End[] {
    const id = this.#box('', undefined)
    this.#connect(before, id)
    return [{ from: id }]
  }

  #conditional(
    then: PipelineNode,
    otherwise: PipelineNode | undefined,
    before: readonly End[],
  ): readonly End[] {
    // Each skipped condition leaves one more open end; without a dot a long chain would have a square of arrows.
    if (before.length > MOST_OPEN_ENDS) before = this.#dot(before)
    const thenEnds = this.#add(
      then,
      before.map(({ from }) => ({ from, label: 'if' })),
    )
    const elseBefore = before.map(({ from }) => ({ from, label: 'else' }))
    return [...thenEnds, ...(otherwise === undefined ? elseBefore : this.#add(otherwise, elseBefore))]
  }

  #loop(body: readonly PipelineNode[], before: readonly End[]): readonly End[] {
    // Arrows back need one place to lead to.
    const start = body[0] && forks(body[0]) ? this.#dot(before) : before
    const entry = start === before ? this.#nextId() : start[0]?.from
    const ends = body.reduce((last, part) => this.#add(part, last), start)
    if (entry !== undefined)
      for (const { from } of ends) this.#edges.push({ from, to: entry, label: 'again', style: 'back' })
    return ends
  }

  #box(label: string, kind: ResourceKind | undefined): string {
    const id = this.#nextId()
    this.#steps.push(kind === undefined ? { id, label } : { id, label, kind })
    return id
  }

  #nextId(): string {
    return `s${this.#steps.length + 1}`
  }

  #connect(before: readonly End[], to: string): void {
    for (const { from, label } of before) {
      this.#edges.push(
        label === undefined ? { from, to, style: 'next' } : { from, to, label, style: 'guard' },
      )
    }
  }
}

/** Whether several steps begin at once. */
function forks(node: AnyNode): boolean {
  switch (node.type) {
    case 'Parallel':
      return true
    case 'Sequence':
      return node.items[0] !== undefined && forks(node.items[0])
    case 'Loop':
      return node.body[0] !== undefined && forks(node.body[0])
    default:
      return false
  }
}
