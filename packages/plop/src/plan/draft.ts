import { isSignedAndUnedited, sameButForHeader } from './header.ts'
import type { ProjectPath } from './path.ts'
import type { FileChange, FilePlan } from './plan.ts'
import { afterPlan, type ProjectSnapshot } from './snapshot.ts'

/** A file as a generator wants it, before it is compared with what the project has. */
export interface Draft {
  readonly path: ProjectPath
  readonly content: string
  /**
   * What an existing file means.
   * - `whole`: other content is a conflict.
   * - `once`: the file belongs to the user from its first day and is never touched again.
   * - `compiled`: may be replaced as long as its signature says that nobody edited it.
   * - `merged`: the content was made from the existing one, so replacing it loses nothing.
   */
  readonly ownership: 'whole' | 'once' | 'compiled' | 'merged'
  /** Other contents that the same generator makes: one of these was not edited, so replacing it loses nothing. */
  readonly alternatives?: readonly string[]
}

/** Compares drafts with the project. Pure: the same drafts and the same project give the same changes. */
export function settle(drafts: readonly Draft[], project: ProjectSnapshot): readonly FileChange[] {
  return drafts.map((draft) => settleOne(draft, project.files.get(draft.path)))
}

function settleOne(draft: Draft, existing: string | undefined): FileChange {
  const { path, content, ownership, alternatives = [] } = draft
  if (existing === undefined) return { kind: 'create', path, content }
  if (ownership === 'once' || sameButForHeader(existing, content)) return { kind: 'keep', path }
  const unedited = ownership === 'compiled' && isSignedAndUnedited(existing)
  if (ownership === 'merged' || unedited || alternatives.some((one) => sameButForHeader(existing, one)))
    return { kind: 'update', path, before: existing, after: content }
  return { kind: 'conflict', path, existing, planned: content }
}

/**
 * Runs planners one after the other, each on the project as the ones before it would leave it, and gives one plan
 * against the project as it is.
 */
export function sequence(
  project: ProjectSnapshot,
  command: string,
  planners: readonly ((project: ProjectSnapshot) => FilePlan)[],
  next: readonly string[] = [],
): FilePlan {
  const merged = new Map<ProjectPath, FileChange>()
  let current = project
  for (const planner of planners) {
    const plan = planner(current)
    for (const change of plan.changes) merged.set(change.path, combine(merged.get(change.path), change))
    current = afterPlan(current, plan)
  }
  return { command, changes: [...merged.values()], next }
}

/** One change that does what two in a row do. */
function combine(first: FileChange | undefined, second: FileChange): FileChange {
  if (first === undefined || first.kind === 'keep') return second
  if (second.kind !== 'update') return second.kind === 'keep' ? first : second
  if (first.kind === 'create') return { ...first, content: second.after }
  if (first.kind === 'update') return { ...first, after: second.after }
  if (first.kind === 'conflict') return { ...first, planned: second.after }
  return second
}
