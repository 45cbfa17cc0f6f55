import { camelCase, exportName, fileName, pascalCase, snakeCase, withoutSuffix } from '../../names.ts'
import type { Plan, Resource } from '../../plan.ts'
import { print, printStep } from '../../printer.ts'
import { childrenOf, stepsOf } from '../../tree.ts'
import type { AnyNode, ConditionalNode, LoopNode, ParallelNode, SequenceNode, StepNode } from '../../tree.ts'
import { Identifiers } from './identifiers.ts'

/** A step as a function of the compiled file; two spellings of one resource are two. */
export interface StepModel {
  /** As written: what logs and errors say, and where a result that is no object is put. */
  readonly name: string
  readonly identifier: string
  readonly resource: Resource
  /** The export that is called, under the name that it has in the compiled file. */
  readonly callee: string
  /** The export's own name. */
  readonly registered: string
  /** The module that exports it, relative to `src/`. */
  readonly file: string
}

/** A loop as a function; loops with the same text share one. */
export interface LoopModel {
  readonly node: LoopNode
  readonly text: string
  readonly identifier: string
  /** `draft_review` of `pipeline.loops.draft_review.max`. */
  readonly setting: string
  readonly rule: string
}

/** The rule of a condition. */
export interface ConditionModel {
  readonly node: ConditionalNode
  readonly text: string
  readonly rule: string
  /** Flags of the latest result, any of which makes the default rule hold. */
  readonly flags: readonly string[]
}

/** The merge rules of a parallel section; sections with the same text share them. */
export interface ParallelModel {
  readonly node: ParallelNode
  readonly text: string
  readonly rule: string
}

/** A sequence that needs a function of its own: a branch of a parallel, or the inside of deeply nested conditions. */
export interface BlockModel {
  readonly node: SequenceNode
  readonly identifier: string
  readonly text: string
}

/** Everything that the emitted files call by name, decided before anything is written. */
export interface PipelineModel {
  readonly plan: Plan
  readonly expression: string
  /** `Blog`. */
  readonly title: string
  /** `blog`. */
  readonly file: string
  /** `blogWorkflow`. */
  readonly workflow: string
  /** `BlogInput`, `BlogToken`, `BlogProgress`. */
  readonly types: { readonly input: string; readonly token: string; readonly progress: string }
  readonly steps: ReadonlyMap<string, StepModel>
  readonly loops: ReadonlyMap<LoopNode, LoopModel>
  readonly conditions: ReadonlyMap<ConditionalNode, ConditionModel>
  readonly parallels: ReadonlyMap<ParallelNode, ParallelModel>
  readonly blocks: ReadonlyMap<SequenceNode, BlockModel>
  /** Very long sequences by parts, each of which is a block. */
  readonly parts: ReadonlyMap<SequenceNode, readonly SequenceNode[]>
}

/** Names that the compiled file uses itself. */
const USED = [
  ...['begin', 'log', 'loopLimit', 'parallel', 'runChild', 'runStep', 'step'],
  ...[
    'functions',
    'rules',
    'steps',
    'progress',
    'limit',
    'round',
    'input',
    'operators',
    'Progress',
    'globalThis',
  ],
]

/** Conditions may nest this deep in one function before their insides become functions of their own. */
const NESTING = 3

/** A longer sequence becomes several functions: nobody reads one of thousands of lines, and TypeScript refuses to. */
const LONGEST_SEQUENCE = 200
const PART = 100

/** Names every part of a plan. Takes time in proportion to the plan. */
export function modelOf(plan: Plan, pipelineName: string): PipelineModel {
  const stem = withoutSuffix(pipelineName, 'workflow')
  const title = pascalCase(stem)
  const workflow = exportName(pipelineName, 'workflow')
  const types = { input: `${title}Input`, token: `${title}Token`, progress: `${title}Progress` }
  const identifiers = new Identifiers([...USED, workflow, ...Object.values(types)])
  const steps = nameSteps(plan, identifiers, workflow)
  const named = new PartNames(identifiers, (step) => stemOf(step, plan.resourceOf(step)))
  named.visit(plan.tree, 0)
  const { loops, conditions, parallels, blocks, parts } = named
  const file = fileName(pipelineName, 'workflow')
  return {
    plan,
    expression: print(plan.tree),
    title,
    file,
    workflow,
    types,
    steps,
    loops,
    conditions,
    parallels,
    blocks,
    parts,
  }
}

function nameSteps(plan: Plan, identifiers: Identifiers, workflow: string): Map<string, StepModel> {
  const steps = new Map<string, StepModel>()
  const callees = new Map<Resource, string>()
  for (const { node, resource } of plan.steps) {
    const spelling = printStep(node)
    if (steps.has(spelling)) continue
    const registered = resource.exportName ?? exportName(resource.name, resource.kind)
    let callee = callees.get(resource)
    if (callee === undefined) {
      // Functions are called as `steps.sendEmail` and cannot clash; a pipeline that calls itself imports nothing.
      const imported = resource.kind !== 'function' && registered !== workflow
      callee = imported ? identifiers.claim(registered) : registered
      callees.set(resource, callee)
    }
    const file = resource.file ?? `${resource.kind}s/${fileName(resource.name, resource.kind)}.ts`
    const identifier = identifiers.claim(camelCase(stemOf(node, resource)), 'Step')
    steps.set(spelling, { name: spelling, identifier, resource, callee, registered, file })
  }
  return steps
}

/** What a step is called by whoever leaves suffixes out: `draft` for `draftWorkflow`. */
function stemOf({ name }: StepNode, { kind }: Resource): string {
  return withoutSuffix(name, kind)
}

class PartNames {
  readonly loops = new Map<LoopNode, LoopModel>()
  readonly conditions = new Map<ConditionalNode, ConditionModel>()
  readonly parallels = new Map<ParallelNode, ParallelModel>()
  readonly blocks = new Map<SequenceNode, BlockModel>()
  readonly parts = new Map<SequenceNode, readonly SequenceNode[]>()
  readonly #identifiers: Identifiers
  readonly #rules = new Identifiers()
  readonly #settings = new Identifiers()
  readonly #knownLoops = new Map<string, LoopModel>()
  readonly #knownBlocks = new Map<string, BlockModel>()
  readonly #mergeRules = new Map<string, string>()

  readonly #stemOf: (step: StepNode) => string

  constructor(identifiers: Identifiers, stemOfStep: (step: StepNode) => string) {
    this.#identifiers = identifiers
    this.#stemOf = stemOfStep
  }

  /** @param nesting How many conditions of the same function stand around the node. */
  visit(node: AnyNode, nesting: number): void {
    switch (node.type) {
      case 'Step':
        return
      case 'Loop':
        this.#loop(node)
        break
      case 'Parallel':
        this.#parallel(node)
        break
      case 'Conditional':
        this.#condition(node, nesting)
        break
      case 'Sequence':
        this.#sequence(node, nesting)
        break
    }
  }

  // Parts with the same text are the same program: they share its function, its rules and its setting.

  #sequence(node: SequenceNode, nesting: number): void {
    if (node.items.length <= LONGEST_SEQUENCE) {
      for (const item of node.items) this.visit(item, nesting)
      return
    }
    const parts: SequenceNode[] = []
    for (let at = 0; at < node.items.length; at += PART) {
      parts.push({ ...node, items: node.items.slice(at, at + PART) })
    }
    this.parts.set(node, parts)
    for (const part of parts) this.#block(part, 'Part')
  }

  #loop(node: LoopNode): void {
    const text = print(node)
    const known = this.#knownLoops.get(text)
    if (known) {
      this.loops.set(node, known)
      return
    }
    const setting = this.#settings.claim(this.#partsOfName(node).map(snakeCase).join('_'))
    const identifier = this.#identifiers.claim(`${camelCase(setting)}Loop`)
    const model = { node, text, identifier, setting, rule: this.#rules.claim(`${camelCase(setting)}Done`) }
    this.#knownLoops.set(text, model)
    this.loops.set(node, model)
    for (const part of node.body) this.visit(part, 0)
  }

  #parallel(node: ParallelNode): void {
    const text = print(node)
    const rule = this.#mergeRules.get(text) ?? this.#rules.claim(`merge${pascalCase(this.#joinedName(node))}`)
    this.#mergeRules.set(text, rule)
    this.parallels.set(node, { node, text, rule })
    for (const branch of node.branches) {
      if (branch.type === 'Sequence') this.#block(branch, 'Branch')
      else this.visit(branch, 0)
    }
  }

  #condition(node: ConditionalNode, nesting: number): void {
    const [first] = stepsOf(node.then)
    const name = first === undefined ? '' : this.#stemOf(first)
    this.conditions.set(node, {
      node,
      text: print(node).trim(),
      rule: this.#rules.claim(`should${pascalCase(name)}`),
      flags: [...new Set([camelCase(name), first?.name ?? '', 'proceed'])],
    })
    for (const side of childrenOf(node)) {
      if (side.type === 'Sequence' && nesting + 1 >= NESTING) this.#block(side, 'Steps')
      else this.visit(side, nesting + 1)
    }
  }

  #block(node: SequenceNode, suffix: string): void {
    const text = print(node)
    const known = this.#knownBlocks.get(text)
    const model = known ?? {
      node,
      text,
      identifier: this.#identifiers.claim(camelCase(this.#joinedName(node)) + suffix),
    }
    this.#knownBlocks.set(text, model)
    this.blocks.set(node, model)
    if (known === undefined) this.#sequence(node, 0)
  }

  /** A part is called after its steps; a long one after the first and the last. */
  #partsOfName(node: AnyNode): string[] {
    const names = Array.from(stepsOf(node), this.#stemOf)
    return names.length <= 4 ? names : [names[0] ?? '', 'to', names.at(-1) ?? '']
  }

  #joinedName(node: AnyNode): string {
    return this.#partsOfName(node).join('-')
  }
}

/** Whether the tree has parts that need rules. */
export function hasRules({ loops, conditions, parallels }: PipelineModel): boolean {
  return loops.size + conditions.size + parallels.size > 0
}
