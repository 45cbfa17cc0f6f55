import { z } from 'zod'
import { logLevels } from '../logging/logger.ts'
import { defaults } from './defaults.ts'

const port = (what: string) => z.int().min(0).max(65_535).describe(`${what} 0 takes any free one.`)

const retry = z.strictObject({
  initial_seconds: z
    .number()
    .positive()
    .default(defaults.retry.initial_seconds)
    .describe('Pause before the first retry of a step.'),
  backoff: z
    .number()
    .min(1)
    .default(defaults.retry.backoff)
    .describe('By what each further pause is longer.'),
  max_interval_seconds: z
    .number()
    .positive()
    .default(defaults.retry.max_interval_seconds)
    .describe('The longest pause between two attempts.'),
  max_attempts: z
    .int()
    .min(0)
    .default(defaults.retry.max_attempts)
    .describe('How often a step is tried before its failure reaches the run. 0 tries without end.'),
})

const step = z.strictObject({
  timeout_seconds: z
    .number()
    .positive()
    .default(defaults.step.timeout_seconds)
    .describe('How long one attempt of a step may take.'),
  heartbeat_seconds: z
    .number()
    .positive()
    .default(defaults.step.heartbeat_seconds)
    .describe('How long a step that sends heartbeats may be silent.'),
})

const pipeline = z.strictObject({
  default_max: z
    .int()
    .min(1)
    .default(defaults.pipeline.loops.max)
    .describe('How often a loop of a pipeline is run at most.'),
  loops: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9]+(?:_[a-z0-9]+)*$/, 'a loop is named by its steps in lower case: draft_review'),
      z.strictObject({ max: z.int().min(1).describe('How often this loop is run at most.') }),
    )
    .default({})
    .describe('Limits of single loops, by the names of their steps: `draft_review` for `DRAFT ⇄ REVIEW`.'),
})

const tls = z.strictObject({
  enabled: z
    .boolean()
    .optional()
    .describe('Encrypt the connection. On when an API key or a certificate is given.'),
  ca_file: z.string().optional().describe('The authority that signed the server certificate.'),
  cert_file: z.string().optional().describe('The client certificate.'),
  key_file: z.string().optional().describe('The key of the client certificate.'),
  server_name: z.string().optional().describe('The name that the server certificate is issued to.'),
})

const engine = z.strictObject({
  driver: z
    .enum(['embedded', 'temporal'])
    .default(defaults.engine.driver)
    .describe('Where runs are kept: in a file of the project, or on a Temporal cluster or Restack engine.'),
  database: z
    .string()
    .min(1)
    .default(defaults.engine.database)
    .describe('File of the embedded engine, relative to the project.'),
  address: z
    .string()
    .min(1)
    .default(defaults.engine.address)
    .describe('Host and port of the Temporal frontend or Restack engine.'),
  namespace: z
    .string()
    .min(1)
    .default(defaults.engine.namespace)
    .describe('Namespace on the Temporal cluster.'),
  engine_id: z.string().optional().describe('Id of the Restack engine: the prefix of ids and queues.'),
  api_key: z.string().optional().describe('Key for Temporal Cloud or a Restack engine.'),
  conventions: z
    .enum(['auto', 'restack', 'plain'])
    .default(defaults.engine.conventions)
    .describe(
      'Whether ids and queues carry the engine id as on a Restack engine. `auto`: when an engine id is set.',
    ),
  api_address: z
    .string()
    .min(1)
    .optional()
    .describe('Address of the API of a Restack engine: it is told what the service has.'),
  webhook_url: z
    .string()
    .min(1)
    .optional()
    .describe('Told when a service starts, stops or fails on Temporal, as by services of Restack.'),
  metrics_address: z
    .string()
    .min(1)
    .optional()
    .describe("Where Temporal's own metrics are served for Prometheus, such as `127.0.0.1:9464`."),
  codec_key: z
    .string()
    .optional()
    .describe('Base64 of 32 bytes: encrypts what is stored on the cluster with AES-GCM.'),
  tls: tls.prefault({}).describe('Transport security towards the cluster.'),
})

const http = z.strictObject({
  enabled: z
    .boolean()
    .default(defaults.http.enabled)
    .describe('Serve health, metrics and the API of the runs.'),
  host: z
    .string()
    .min(1)
    .default(defaults.http.host)
    .describe('Address to listen on. Beyond loopback, only /health answers without `BEARER_TOKEN`.'),
  port: port('Port of health, metrics and the API of the runs.').default(defaults.http.port),
})

const mcp = z.strictObject({
  enabled: z
    .boolean()
    .default(defaults.mcp.enabled)
    .describe('Serve workflows and functions marked `mcp` as MCP tools.'),
  host: z
    .string()
    .min(1)
    .default(defaults.mcp.host)
    .describe('Address to listen on. Beyond loopback it needs `BEARER_TOKEN` and `mcp.allowed_hosts`.'),
  port: port('Port of the MCP endpoint.').default(defaults.mcp.port),
  allowed_hosts: z
    .string()
    .optional()
    .describe('Names by which hosts beyond this machine call it, with commas between them.'),
})

const log = z.strictObject({
  level: z.enum(logLevels).default(defaults.log.level).describe('Lines below this level are not written.'),
  format: z
    .enum(['auto', 'json', 'pretty'])
    .default(defaults.log.format)
    .describe('`auto`: for people on a terminal, JSON elsewhere.'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Write to this file, relative to the project, not to standard error.'),
})

/** config/settings.yaml: every key, its type, its default and its meaning. */
export const settingsSchema = z.strictObject({
  engine_url: z
    .string()
    .min(1)
    .optional()
    .describe('Address of an engine as a URL; the same as `engine.address`, which goes before it.'),
  task_queue_default: z
    .string()
    .min(1)
    .default(defaults.task_queue_default)
    .describe('Queue of runs and steps that name none.'),
  retry: retry.prefault({}).describe('How steps are retried.'),
  step: step.prefault({}).describe('Time limits of steps.'),
  pipeline: pipeline.prefault({}).describe('Limits of pipelines.'),
  engine: engine.prefault({}).describe('Where runs are kept.'),
  http: http.prefault({}).describe('The HTTP endpoint of the service.'),
  mcp: mcp.prefault({}).describe('The MCP endpoint of the service.'),
  log: log.prefault({}).describe('What the service writes about itself.'),
  prompts: z
    .strictObject({
      label: z
        .string()
        .min(1)
        .optional()
        .describe('Label to use where neither a version nor an experiment decides.'),
    })
    .prefault({})
    .describe('Which prompts are used.'),
  retention: z
    .strictObject({
      closed_runs_days: z
        .number()
        .min(0)
        .default(defaults.retention.closed_runs_days)
        .describe('How long closed runs are kept by the embedded engine. 0 keeps them for ever.'),
    })
    .prefault({})
    .describe('What is removed in time.'),
})

/** What a user may write in config/settings.yaml. */
export type SettingsFile = z.input<typeof settingsSchema>
/** What the code works with: every setting that has a default is there. */
export type Settings = z.output<typeof settingsSchema>
