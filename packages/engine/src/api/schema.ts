/**
 * The part of Standard Schema v1 (zod, valibot, arktype and others speak it) that the engine uses, so that it
 * depends on none of them.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a Standard Schema answers: the parsed value, or what is wrong with it. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The issues as one line: `topic: expected string; sources[0].url: invalid`. */
export function formatIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path }) => {
      const where = (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment))
      return where.length === 0 ? message : `${where.join('.')}: ${message}`
    })
    .join('; ')
}
