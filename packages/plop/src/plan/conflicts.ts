import { GenerateError } from '../errors.ts'
import type { Conflict, FileChange, FilePlan } from './plan.ts'
import { renderDiff } from './preview.ts'

// Deciding conflicts, as in Rails. Everything is decided before the first write, so that quitting at the last
// question leaves no file behind.

/** What a person may answer to a conflict. `all` overwrites this file and every one that is still to come. */
export type ConflictAnswer = 'overwrite' | 'skip' | 'diff' | 'all' | 'quit'

/** What to do with conflicts: ask a person, or one answer for all. */
export type OnConflict = 'ask' | 'skip' | 'overwrite' | 'fail'

/** The question that is open, and the plan as far as it is decided. */
export interface ConflictSession {
  readonly plan: FilePlan
  /** The conflict to decide next; undefined when none is left. */
  readonly question: Conflict | undefined
  /** Set after the answer `diff`: show it, then ask the same question again. */
  readonly show: string | undefined
}

/** Opens the questions that a plan leaves. */
export function openConflicts(plan: FilePlan): ConflictSession {
  return { plan, question: plan.changes.find((change) => change.kind === 'conflict'), show: undefined }
}

/**
 * Takes one answer and gives the next question.
 *
 * @throws {GenerateError} `GEN_QUIT` on `quit`.
 */
export function answerConflict(session: ConflictSession, answer: ConflictAnswer): ConflictSession {
  const { question, plan } = session
  if (question === undefined) return session
  if (answer === 'diff') return { ...session, show: renderDiff(question) }
  if (answer === 'quit') throw new GenerateError('GEN_QUIT', 'Stopped at your word. Nothing was written.')
  if (answer === 'all') return openConflicts(decideAll(plan, overwritten))
  const decide = answer === 'overwrite' ? overwritten : skipped
  return openConflicts(decideAll(plan, (change) => (change === question ? decide(change) : change)))
}

/**
 * Decides every conflict of a plan.
 *
 * @param ask Called for one conflict after the other when `onConflict` is `ask`; `show` is the text of a diff that
 *   was asked for.
 * @throws {GenerateError} `GEN_CONFLICT` naming the files when `onConflict` is `fail`, `GEN_QUIT` on `quit`.
 */
export async function decideConflicts(
  plan: FilePlan,
  onConflict: OnConflict,
  ask?: (conflict: Conflict, show: string | undefined) => Promise<ConflictAnswer>,
): Promise<FilePlan> {
  if (onConflict === 'overwrite') return decideAll(plan, overwritten)
  if (onConflict === 'skip') return decideAll(plan, skipped)
  let session = openConflicts(plan)
  while (session.question !== undefined) {
    if (onConflict === 'fail' || ask === undefined) throw conflictError(plan)
    session = answerConflict(session, await ask(session.question, session.show))
  }
  return session.plan
}

/** The error that names every undecided file of a plan. */
export function conflictError(plan: FilePlan): GenerateError {
  const paths = plan.changes.filter((change) => change.kind === 'conflict').map((change) => change.path)
  const exist = paths.length === 1 ? 'exists' : 'exist'
  return new GenerateError(
    'GEN_CONFLICT',
    `${paths.join(', ')} already ${exist} with other content. Nothing was written.`,
    { hint: 'See the difference with --dry-run=diff; overwrite with --force.' },
  )
}

function decideAll(plan: FilePlan, decide: (conflict: Conflict) => FileChange): FilePlan {
  return {
    ...plan,
    changes: plan.changes.map((change) => (change.kind === 'conflict' ? decide(change) : change)),
  }
}

function overwritten({ path, existing, planned }: Conflict): FileChange {
  return { kind: 'update', path, before: existing, after: planned }
}

function skipped({ path }: Conflict): FileChange {
  return { kind: 'skip', path }
}
