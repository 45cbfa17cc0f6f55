import { z } from 'zod'
import { list } from '../list.ts'

/** What `rgen g agent` takes. */
export const agentRequest = z.strictObject({
  name: z.string().describe('The agent, in any spelling: Research, review-orders.'),
  withLlm: z.boolean().default(false).describe('Let the agent call a language model through the router.'),
  tools: list()
    .default([])
    .describe('Tool servers that the agent calls, by their names in config/tools.yaml.'),
  prompt: z
    .string()
    .optional()
    .describe('The prompt that the agent renders for its LLM call. Implies --with-llm.'),
  events: list()
    .default([])
    .describe('Events that the agent answers. It then lives until the event "end", added when missing.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type AgentRequest = z.input<typeof agentRequest>

/** What `rgen g workflow` takes. */
export const workflowRequest = z.strictObject({
  name: z.string().describe('The workflow, in any spelling: EmailCampaign, email-campaign.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type WorkflowRequest = z.input<typeof workflowRequest>

/** What `rgen g function` takes. */
export const functionRequest = z.strictObject({
  name: z.string().describe('The function, in any spelling: SendEmail, send-email.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type FunctionRequest = z.input<typeof functionRequest>

/** What `rgen g pipeline` takes. */
export const pipelineRequest = z.strictObject({
  name: z.string().describe('The pipeline, in any spelling: Blog, order-intake.'),
  operators: z
    .string()
    .describe('The expression: "DRAFT ⇄ REVIEW → PUBLISH", in ASCII "DRAFT <-> REVIEW -> PUBLISH".'),
  style: z
    .enum(['subworkflows', 'functions'])
    .default('subworkflows')
    .describe('What a step becomes that the project does not have yet.'),
  map: list().default([]).describe('What a step stands for: DRAFT:WriteDraft or DRAFT:agent:WriteDraft.'),
  taskQueue: z.string().min(1).optional().describe('Task queue of the steps, when it is not the default.'),
  models: z
    .enum(['external', 'split'])
    .optional()
    .describe(
      'Where the schemas stand: in one file of their own, or one a schema. Without it, in the rules file.',
    ),
  strict: z
    .boolean()
    .default(false)
    .describe('Refuse warnings and steps that the project does not have, instead of scaffolding them.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type PipelineRequest = z.input<typeof pipelineRequest>

/** What `rgen g tool-server` takes. */
export const toolServerRequest = z.strictObject({
  name: z.string().describe('The tool server, in any spelling: Research, order-tools.'),
  transport: z
    .enum(['stdio', 'http', 'sse'])
    .default('stdio')
    .describe('How it is reached: as a child process, over Streamable HTTP, or over HTTP with SSE.'),
  port: z.int().min(1).max(65_535).optional().describe('Port of an http or sse server. Default 8001.'),
  autostart: z.boolean().default(true).describe('Do not start it with the service.'),
  tools: list()
    .default([])
    .describe(
      'Its tools. web_search, extract_urls and calculate are ready-made, any other name starts simple.',
    ),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type ToolServerRequest = z.input<typeof toolServerRequest>

/** What `rgen g tool` takes. */
export const toolRequest = z.strictObject({
  server: z.string().describe('The tool server that gets the tool.'),
  name: z.string().describe('The tool: find_orders, find-orders.'),
  input: z
    .string()
    .default('query:string')
    .describe('Its arguments: "query:string max:number? tags:string[]". A "?" makes one optional.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type ToolRequest = z.input<typeof toolRequest>

/** What `rgen g prompt` takes. */
export const promptRequest = z.strictObject({
  name: z.string().describe('The prompt, in any spelling: analyze-research.'),
  version: z.string().default('1.0.0').describe('Its version, major.minor.patch.'),
  model: z.string().min(1).optional().describe('The model that calls with this prompt ask for.'),
  from: z.string().optional().describe('Begin with a copy of this version.'),
  omitTests: z.boolean().default(false).describe('Write no test.'),
})
export type PromptRequest = z.input<typeof promptRequest>

/** What `rgen g llm-config` takes. */
export const llmConfigRequest = z.strictObject({
  kong: z
    .boolean()
    .default(false)
    .describe('Call the providers through Kong AI Gateway, and write its kong.yaml.'),
  direct: z.boolean().default(false).describe('Call the providers directly (the default).'),
})
export type LlmConfigRequest = z.input<typeof llmConfigRequest>

/** What `rgen g deploy` takes. */
export const deployRequest = z.strictObject({
  target: z
    .enum(['compose', 'k8s'])
    .describe('What it runs on: Docker Compose, or Kubernetes. Both get the Dockerfile of its image.'),
  temporalAddress: z
    .string()
    .regex(/^(?:\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/, 'must be a host and a port: temporal.example.com:7233')
    .optional()
    .describe(
      'Host and port of the Temporal frontend. Without it, compose starts a development server, and k8s expects temporal-frontend.temporal:7233.',
    ),
  image: z
    .string()
    .regex(/^[\w][\w.:/@-]*$/, 'must name an image: registry.example.com/desk:1.0.0')
    .optional()
    .describe('The image that k8s runs. Without it, the name of the project.'),
})
export type DeployRequest = z.input<typeof deployRequest>

/** What `create-rgen` takes. */
export const projectRequest = z.strictObject({
  name: z.string().describe('The project: its folder and the name in its package.json.'),
  start: z
    .enum(['agent', 'agent-with-tools', 'pipeline', 'empty'])
    .default('agent-with-tools')
    .describe('What the project begins with.'),
  tools: list().default([]).describe('Tools of the first tool server: web_search, extract_urls, calculate.'),
  packageManager: z.enum(['pnpm', 'npm', 'yarn', 'bun']).default('pnpm').describe('The package manager.'),
})
export type ProjectRequest = z.input<typeof projectRequest>
