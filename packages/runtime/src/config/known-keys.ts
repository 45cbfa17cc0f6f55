import { z } from 'zod'
import type { ConfigPath } from './yaml-tree.ts'

interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema | boolean
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

/** The keys that a schema allows at a path, over all its alternatives: candidates for a did-you-mean. */
export function knownKeys(schema: z.ZodType, path: ConfigPath): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  let level = alternatives(root, root)
  for (const key of path)
    level = level.flatMap((node) => children(node, key)).flatMap((node) => alternatives(node, root))
  return [...new Set(level.flatMap((node) => Object.keys(node.properties ?? {})))]
}

function alternatives(node: JsonSchema, root: JsonSchema, seen = new Set<JsonSchema>()): JsonSchema[] {
  if (seen.has(node)) return []
  seen.add(node)
  const named = node.$ref === undefined ? [] : [resolve(node.$ref, root)]
  const nested = [...named, ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
  return [node, ...nested.flatMap((inner) => alternatives(inner, root, seen))]
}

function resolve(reference: string, root: JsonSchema): JsonSchema {
  return reference === '#' ? root : (root.$defs?.[reference.replace('#/$defs/', '')] ?? {})
}

function children(node: JsonSchema, key: string | number): JsonSchema[] {
  const found: (JsonSchema | boolean | undefined)[] =
    typeof key === 'number'
      ? [node.prefixItems?.[key], node.items]
      : [node.properties?.[key] ?? node.additionalProperties]
  return found.filter((child): child is JsonSchema => typeof child === 'object')
}
