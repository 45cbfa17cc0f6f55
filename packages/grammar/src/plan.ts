import type { Dependencies } from './check/dependencies.ts'
import type { Diagnostic } from './errors.ts'
import type { PipelineNode, ResourceKind, StepNode } from './tree.ts'

/** Something of the project that a step can name. */
export interface Resource {
  /** In any spelling, with or without the suffix of its kind. */
  readonly name: string
  readonly kind: ResourceKind
  /** The export that holds it; by default the project's convention (`researchAgent`, `sendEmail`). */
  readonly exportName?: string
  /** Its module relative to `src/`, by default the convention (`agents/research.ts`). */
  readonly file?: string
}

/** What the project has. Plain data, so that it can come from files, from a running engine, or from a test. */
export interface ProjectIndex {
  readonly resources: readonly Resource[]
}

/** A call of a step together with what it calls. */
export interface PlannedStep {
  readonly node: StepNode
  readonly resource: Resource
}

/** Figures for people who read a plan. */
export interface Metrics {
  /** Different resources. */
  readonly resources: number
  /** How deep operators nest; 0 for a single step. */
  readonly depth: number
  readonly parallel: number
  readonly conditional: number
  readonly loop: number
}

/** An expression that was checked against a project: what emitters take. */
export interface Plan {
  readonly tree: PipelineNode
  /** Every call in textual order. */
  readonly steps: readonly PlannedStep[]
  /** Names as written, each at its first occurrence; two spellings of one resource count once. */
  readonly order: readonly string[]
  /** What is complete before a step begins. */
  readonly deps: Dependencies
  readonly metrics: Metrics
  readonly warnings: readonly Diagnostic[]
  /** What a call of this plan's tree calls. */
  resourceOf(step: StepNode): Resource
}

/** How {@link check} answers: a plan, or everything that is wrong. */
export type CheckResult =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Diagnostic[] }
  | {
      readonly ok: false
      readonly diagnostics: readonly Diagnostic[]
      readonly warnings: readonly Diagnostic[]
    }

export interface CheckOptions {
  /** Warnings are errors (`V_STRICT`). Default false. */
  readonly strict?: boolean
  /** What a name of the expression stands for: `DRAFT` → `WriteDraft` or `agent:WriteDraft`. */
  readonly map?: ReadonlyMap<string, string>
}
