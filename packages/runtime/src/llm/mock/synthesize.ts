import { isRecord } from '../adapters/adapter.ts'
import { pickSentences, writeAnswer } from './extract.ts'
import type { Reading, Source } from './reading.ts'

type Schema = Readonly<Record<string, unknown>>

interface Context {
  readonly reading: Reading
  readonly root: Schema
  /** Inside an object that stands for a source, its fields are taken from there. */
  readonly source?: Source
  /** How deep we are, so that a schema that holds itself comes to an end. */
  readonly depth: number
}

const MAX_DEPTH = 12

/** Data that fits a JSON Schema, filled from the sources; the same for the same messages. */
export function synthesize(schema: Schema, reading: Reading): unknown {
  return valueOf(schema, 'answer', { reading, root: schema, depth: 0 })
}

/** Arguments for a tool: the question goes where text is wanted, addresses of the sources where links are. */
export function synthesizeArguments(schema: Schema, reading: Reading): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required: readonly unknown[] = Array.isArray(schema.required)
    ? schema.required
    : Object.keys(properties)
  const wanted = Object.entries(properties).filter(([key]) => required.includes(key))
  return Object.fromEntries(
    wanted.map(([key, value]) => [key, argumentOf(isRecord(value) ? value : {}, key, schema, reading)]),
  )
}

const ARITHMETIC = /[(\d.]+(?:\s*[-+*/^%]\s*[(\d.)]+)+/

function argumentOf(schema: Schema, name: string, root: Schema, reading: Reading): unknown {
  const free =
    typeOf(resolve(schema, root)) === 'string' &&
    !('enum' in schema) &&
    !('const' in schema) &&
    !('format' in schema)
  if (/^(?:expression|formula)$/i.test(name)) return ARITHMETIC.exec(reading.question)?.[0] ?? '1 + 1'
  if (free && !/^(?:url|link|href)$/i.test(name)) return fit(reading.question, schema)
  return valueOf(schema, name, { reading, root, depth: 0 })
}

function valueOf(schema: Schema, name: string, context: Context): unknown {
  if (context.depth > MAX_DEPTH) return null
  const inner = { ...context, depth: context.depth + 1 }
  const resolved = resolve(schema, context.root)
  if ('const' in resolved) return resolved.const
  if ('default' in resolved) return resolved.default
  if (Array.isArray(resolved.enum)) return resolved.enum[0]
  const options = resolved.anyOf ?? resolved.oneOf
  if (Array.isArray(options)) return valueOf(firstOption(options), name, inner)
  if (Array.isArray(resolved.allOf)) return valueOf(merge(resolved.allOf.filter(isRecord)), name, inner)
  switch (typeOf(resolved)) {
    case 'object':
      return objectOf(resolved, inner)
    case 'array':
      return arrayOf(resolved, name, inner)
    case 'integer':
    case 'number':
      return numberOf(resolved)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return textOf(resolved, name, context)
  }
}

function resolve(schema: Schema, root: Schema): Schema {
  if (typeof schema.$ref !== 'string') return schema
  const path = schema.$ref.replace(/^#\/?/, '').split('/').filter(Boolean)
  let found: unknown = root
  for (const key of path)
    found = isRecord(found) ? found[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  return isRecord(found) ? found : {}
}

function firstOption(options: readonly unknown[]): Schema {
  const schemas = options.filter(isRecord)
  return schemas.find(({ type }) => type !== 'null') ?? schemas[0] ?? {}
}

function merge(parts: readonly Schema[]): Schema {
  const properties = parts.reduce(
    (all, part) => ({ ...all, ...(isRecord(part.properties) ? part.properties : {}) }),
    {},
  )
  return { ...parts.reduce((all, part) => ({ ...all, ...part }), {}), properties }
}

function typeOf(schema: Schema): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== 'null')
  return schema.type ?? (isRecord(schema.properties) ? 'object' : undefined)
}

function objectOf(schema: Schema, context: Context): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      valueOf(isRecord(value) ? value : {}, key, context),
    ]),
  )
}

const DEFAULT_MAX_ITEMS = 5

function arrayOf(schema: Schema, name: string, context: Context): unknown[] {
  const { reading } = context
  const items = isRecord(schema.items) ? schema.items : {}
  const min = typeof schema.minItems === 'number' ? schema.minItems : 0
  const max = typeof schema.maxItems === 'number' ? schema.maxItems : Math.max(min, DEFAULT_MAX_ITEMS)
  const shape = resolve(items, context.root)
  const plain = typeOf(shape) === 'string' && !Array.isArray(shape.enum)
  const links = /sources?|urls?|links?|citations?|references?/i.test(name)
  const texts = links
    ? reading.sources.map(({ url, title }) => url ?? title)
    : pickSentences(reading, 3).map(({ sentence }) => sentence)
  const values = plain
    ? texts.map((text) => fit(text, shape))
    : reading.sources.map((source) => valueOf(items, name, { ...context, source }))
  const distinct = new Map(values.map((value) => [JSON.stringify(value), value]))
  const chosen: unknown[] = [...distinct.values()].slice(0, max)
  while (chosen.length < min) chosen.push(valueOf(items, name, context))
  return chosen
}

function numberOf(schema: Schema): number {
  const step =
    typeof schema.multipleOf === 'number' ? schema.multipleOf : schema.type === 'integer' ? 1 : undefined
  const nudge = step ?? 0.001
  const min = bound(schema.minimum, schema.exclusiveMinimum, nudge)
  const max = bound(schema.maximum, schema.exclusiveMaximum, -nudge)
  const wanted = Math.min(Math.max(1, min ?? 1), max ?? Number.POSITIVE_INFINITY)
  if (step === undefined) return wanted
  const up = Math.ceil(wanted / step) * step
  return max !== undefined && up > max ? Math.floor(max / step) * step : up
}

function bound(inclusive: unknown, exclusive: unknown, nudge: number): number | undefined {
  if (typeof inclusive === 'number') return inclusive
  return typeof exclusive === 'number' ? exclusive + nudge : undefined
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2000-01-01T00:00:00Z',
  date: '2000-01-01',
  time: '00:00:00Z',
  email: 'mock@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function textOf(schema: Schema, name: string, { reading, source }: Context): string {
  const from = source ?? reading.sources[0]
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined
  if (schema.format === 'uri' || /^(?:urls?|links?|href|uri)$/i.test(name))
    return from?.url ?? 'https://example.com/'
  if (format !== undefined) return format
  if (/title|name|heading/i.test(name)) return fit(from?.title ?? reading.question, schema)
  if (source !== undefined) {
    const [finding] = pickSentences({ ...reading, sources: [source] }, 1)
    return fit(finding?.sentence ?? source.text, schema)
  }
  if (/^(?:query|topic|q|question|search|subject|term)$/i.test(name)) return fit(reading.question, schema)
  return fit(writeAnswer(reading), schema)
}

function fit(text: string, { minLength, maxLength }: Schema): string {
  const cut = typeof maxLength === 'number' ? text.slice(0, maxLength) : text
  return typeof minLength === 'number' ? cut.padEnd(minLength, '.') : cut
}
