import type { z } from 'zod'
import type { GeneratorContext } from '../context.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'

/** One generator as a command line or a form sees it. Everything it can ask is a key of `request`. */
export interface Generator<Schema extends z.ZodObject = z.ZodObject> {
  /** As typed after `rgen g`. */
  readonly name: string
  /** A few words for lists. */
  readonly summary: string
  /** The keys of the request that are given without a flag, in order. */
  readonly positional: readonly string[]
  readonly request: Schema
  readonly examples: readonly { readonly command: string; readonly note: string }[]
  /**
   * Answers and project in, a plan out. Pure.
   *
   * @throws {GenerateError} when the request is wrong or does not fit the project.
   */
  readonly plan: (request: z.input<Schema>, project: ProjectSnapshot, context: GeneratorContext) => FilePlan
}

/** Gives `plan` the type of its own request. */
export function defineGenerator<Schema extends z.ZodObject>(generator: Generator<Schema>): Generator<Schema> {
  return generator
}
