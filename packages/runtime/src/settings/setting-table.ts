import { z } from 'zod'
import { settingsSchema } from './settings.ts'

/** One setting that can be given on its own. */
export interface SettingRow {
  /** As in config/settings.yaml, with dots: `retry.max_attempts`. */
  readonly name: string
  readonly path: readonly string[]
  readonly description: string
  readonly schema: z.ZodType
  /** Environment variables that set it; the first that is set counts. */
  readonly environment: readonly string[]
  /** Never shown. */
  readonly secret: boolean
}

/** Names from Restack and Temporal, which users have set already, and the short forms. */
const furtherNames: Readonly<Record<string, readonly string[]>> = {
  engine_url: ['RESTACK_ENGINE_URL'],
  task_queue_default: ['RESTACK_TASK_QUEUE'],
  'retry.initial_seconds': ['RETRY_INITIAL_SECONDS'],
  'retry.backoff': ['RETRY_BACKOFF'],
  'retry.max_interval_seconds': ['RETRY_MAX_INTERVAL_SECONDS'],
  'retry.max_attempts': ['RETRY_MAX_ATTEMPTS'],
  'engine.database': ['RGEN_DATABASE'],
  'engine.address': ['RESTACK_ENGINE_ADDRESS', 'RESTACK_TEMPORAL_ADDRESS', 'TEMPORAL_ADDRESS'],
  'engine.namespace': ['TEMPORAL_NAMESPACE'],
  'engine.engine_id': ['RESTACK_ENGINE_ID'],
  'engine.api_address': ['RESTACK_ENGINE_API_ADDRESS'],
  'engine.webhook_url': ['RESTACK_WEBHOOK_URL'],
  'engine.api_key': ['RESTACK_ENGINE_API_KEY', 'TEMPORAL_API_KEY'],
}

const secrets: readonly string[] = ['engine.api_key', 'engine.codec_key']

/** All settings, in the order of the file. Records (`pipeline.loops`) are rows of their own. */
export function settingTable(): SettingRow[] {
  return rowsOf(settingsSchema, [])
}

/** `pipeline.loops.draft_review.max` from `RGEN_PIPELINE_LOOPS_DRAFT_REVIEW_MAX`. */
export function loopVariable(variable: string): readonly string[] | undefined {
  const loop = /^RGEN_PIPELINE_LOOPS_([A-Z0-9_]+)_MAX$/.exec(variable)?.[1]
  return loop === undefined ? undefined : ['pipeline', 'loops', loop.toLowerCase(), 'max']
}

function rowsOf(schema: z.ZodObject, parents: readonly string[]): SettingRow[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const path = [...parents, key]
    const inner = unwrap(field as z.ZodType)
    if (inner instanceof z.ZodObject) return rowsOf(inner, path)
    const name = path.join('.')
    const own = `RGEN_${path.join('_').toUpperCase()}`
    return {
      name,
      path,
      description: (field as z.ZodType).description ?? inner.description ?? '',
      schema: field as z.ZodType,
      environment: inner instanceof z.ZodRecord ? [] : [own, ...(furtherNames[name] ?? [])],
      secret: secrets.includes(name),
    }
  })
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap() as z.ZodType)
  return schema
}
