// JSON Schema → TypeScript, for `rgen tools sync`: what an agent passes to a tool and gets from it.
import type { ToolDescription } from './tool-description.ts'

type Schema = Readonly<Record<string, unknown>>

/** Where the declarations are written, in the project. */
export const toolTypesFile = 'src/tools/tools.d.ts'

const maxDepth = 12

/**
 * The declarations that type `tools("server").call(…)` of a project.
 *
 * @example emitToolTypes(new Map([['research', await client.list()]]))
 */
export function emitToolTypes(servers: ReadonlyMap<string, readonly ToolDescription[]>): string {
  const blocks = [...servers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([server, tools]) => {
      const lines = tools.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap((tool) => emitTool(tool))
      return [`    ${propertyName(server)}: {`, ...lines, '    };'].join('\n')
    })
  return [
    '// Written by rgen tools sync from what the tool servers offer. Do not edit.',
    'import "@rgen/runtime/types";',
    '',
    'declare module "@rgen/runtime/types" {',
    '  interface ToolTypes {',
    ...blocks,
    '  }',
    '}',
    '',
  ].join('\n')
}

function emitTool(tool: ToolDescription): string[] {
  const about = tool.description?.replaceAll('*/', '* /').split('\n')[0]?.trim()
  const output = tool.outputSchema === undefined ? 'string' : typeOf(tool.outputSchema, tool.outputSchema)
  return [
    ...(about ? [`      /** ${about} */`] : []),
    `      ${propertyName(tool.name)}: {`,
    `        input: ${typeOf(tool.inputSchema, tool.inputSchema)};`,
    `        output: ${output};`,
    '      };',
  ]
}

function typeOf(schema: unknown, root: Schema, depth = 0): string {
  if (schema === false) return 'never'
  if (typeof schema !== 'object' || schema === null || depth > maxDepth) return 'unknown'
  const inner = (part: unknown) => typeOf(part, root, depth + 1)
  const node = schema as Schema
  if (typeof node.$ref === 'string') return inner(resolve(node.$ref, root))
  if ('const' in node) return literal(node.const)
  if (Array.isArray(node.enum)) return union(node.enum.map(literal))
  for (const key of ['anyOf', 'oneOf'] as const) {
    const parts = node[key]
    if (Array.isArray(parts)) return union(parts.map(inner))
  }
  if (Array.isArray(node.allOf)) return node.allOf.map((part) => `(${inner(part)})`).join(' & ')
  if (Array.isArray(node.type)) return union(node.type.map((type: unknown) => inner({ ...node, type })))
  switch (node.type) {
    case 'string':
      return 'string'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return `Array<${inner(node.items ?? {})}>`
    case 'object':
      return objectType(node, inner)
    default:
      return 'properties' in node ? objectType(node, inner) : 'unknown'
  }
}

function objectType(node: Schema, inner: (part: unknown) => string): string {
  const properties = Object.entries((node.properties ?? {}) as Schema)
  const required = new Set(Array.isArray(node.required) ? (node.required as unknown[]) : [])
  const rest = node.additionalProperties
  if (properties.length === 0)
    return typeof rest === 'object' ? `Record<string, ${inner(rest)}>` : 'Record<string, unknown>'
  const fields = properties.map(([name, part]) => {
    // What has a default may be left out by a caller.
    const hasDefault = typeof part === 'object' && part !== null && 'default' in part
    return `${propertyName(name)}${required.has(name) && !hasDefault ? '' : '?'}: ${inner(part)}`
  })
  return `{ ${fields.join('; ')} }`
}

function resolve(reference: string, root: Schema): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return {}
  const keys = reference
    .slice(2)
    .split('/')
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
  return keys.reduce<unknown>(
    (node, key) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, key) ? (node as Schema)[key] : {},
    root,
  )
}

function union(parts: readonly string[]): string {
  return [...new Set(parts)].join(' | ') || 'never'
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value)
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? name : JSON.stringify(name)
}
