import type { ProjectPath } from './path.ts'

/** What a plan does to one file. A plan holds bytes, not intentions. */
export type FileChange =
  | { readonly kind: 'create'; readonly path: ProjectPath; readonly content: string }
  /** `before` is what was read while planning; `applyPlan` refuses when the file has changed since. */
  | { readonly kind: 'update'; readonly path: ProjectPath; readonly before: string; readonly after: string }
  /** The file is already as the plan wants it, or belongs to the user and is left alone. */
  | { readonly kind: 'keep'; readonly path: ProjectPath }
  /** The file exists with other content. Somebody has to decide before the plan can be applied. */
  | {
      readonly kind: 'conflict'
      readonly path: ProjectPath
      readonly existing: string
      readonly planned: string
    }
  /** A conflict decided in favour of the existing file. */
  | { readonly kind: 'skip'; readonly path: ProjectPath }

/** Everything that one run of a generator would do, before anything is done. */
export interface FilePlan {
  /** Reproduces this plan without questions. */
  readonly command: string
  /** One change a file, in the order in which a reader wants to see them. */
  readonly changes: readonly FileChange[]
  /** What the user may want to do next, one command or sentence each. */
  readonly next: readonly string[]
  /** What is legal and yet worth a second look, each as people read it. */
  readonly warnings?: readonly string[]
}

export type Conflict = Extract<FileChange, { kind: 'conflict' }>

/** Whether applying the plan would write anything. */
export function writesSomething(plan: FilePlan): boolean {
  return plan.changes.some((change) => change.kind === 'create' || change.kind === 'update')
}
