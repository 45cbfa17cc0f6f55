// For those who write a driver: the cases that every driver passes, and what they run.
import * as agentsModule from './conformance/agents.ts'
import { eventCases } from './conformance/cases-events.ts'
import { lifeCases } from './conformance/cases-lives.ts'
import { runCases } from './conformance/cases-runs.ts'
import type { ConformanceCase } from './conformance/harness.ts'

/** Agents and workflows of the suite, for `startService`. */
export const conformanceAgents: Readonly<Record<string, unknown>> = agentsModule

/** The module that exports them, for drivers that bundle. */
export const conformanceModule = new URL(
  import.meta.url.endsWith('.ts') ? './conformance/agents.ts' : './conformance/agents.js',
  import.meta.url,
)

/** Every case. */
export const conformanceCases: readonly ConformanceCase[] = [...runCases, ...eventCases, ...lifeCases]

export { conformanceFunctions } from './conformance/functions.ts'
export type { Notes } from './conformance/functions.ts'
export type { ConformanceCase, Harness, LogLine } from './conformance/harness.ts'
