interface JsonSchemaSource {
  readonly '~standard'?: {
    readonly jsonSchema?: Partial<Record<Side, (options: { readonly target: string }) => unknown>>
  }
}

type Side = 'input' | 'output'

/** The JSON Schema of a Standard Schema, when its library can print one; undefined otherwise. */
export function jsonSchemaOf(schema: unknown, side: Side): unknown {
  try {
    return (schema as JsonSchemaSource | undefined)?.['~standard']?.jsonSchema?.[side]?.({
      target: 'draft-2020-12',
    })
  } catch {
    return undefined
  }
}
