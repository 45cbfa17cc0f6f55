import type { StandardSchema } from '../api/schema.ts'

/** A Standard Schema by hand, so that the suite needs no library: an object with a text, which has a default. */
export function textSchema<T = unknown>(field: string, fallback?: string): StandardSchema<unknown, T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'conformance',
      validate: (value) => {
        const text = (value as Record<string, unknown> | null | undefined)?.[field] ?? fallback
        if (typeof text === 'string')
          return { value: { ...(value as object | undefined), [field]: text } as T }
        return { issues: [{ message: 'expected a text', path: [field] }] }
      },
    },
  }
}
