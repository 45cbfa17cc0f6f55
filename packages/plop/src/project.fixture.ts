import type { FilePlan } from './plan/plan.ts'
import { afterPlan, snapshotOf, type ProjectSnapshot } from './plan/snapshot.ts'

/** A project for tests, from plain data. */
export function project(files: Record<string, string> = {}): ProjectSnapshot {
  return snapshotOf(files)
}

/** The project after some plans, one after the other. */
export function applyAll(
  start: ProjectSnapshot,
  planners: readonly ((now: ProjectSnapshot) => FilePlan)[],
): ProjectSnapshot {
  return planners.reduce((now, planner) => afterPlan(now, planner(now)), start)
}

/** What a plan does, file by file. */
export function kinds(plan: FilePlan): string[] {
  return plan.changes.map((change) => change.kind)
}

/** What a file will hold. */
export function at(plan: FilePlan, path: string): string {
  const change = plan.changes.find((one) => one.path === path)
  if (change?.kind === 'create') return change.content
  if (change?.kind === 'update') return change.after
  throw new Error(`The plan does not write ${path}.`)
}
