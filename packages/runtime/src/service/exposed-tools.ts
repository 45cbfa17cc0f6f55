import { createHash, randomUUID } from 'node:crypto'
import { isEngineError } from '@rgen/engine'
import type { Restack } from '@rgen/engine'
import { z } from 'zod'
import type { ExposedTool } from '../tools/expose.ts'
import { callFunction, type FunctionCall } from './call-function.ts'
import type { ProjectService, Resources } from './start-service.ts'

interface Offered {
  readonly name: string
  readonly mcp?: boolean
  readonly description?: string
  readonly input?: unknown
  readonly output?: unknown
}

function offered(resources: Resources | undefined): Offered[] {
  return Object.entries(resources ?? {}).flatMap(([name, value]) => {
    const resource = value as Omit<Offered, 'name'>
    if (typeof value !== 'function' || resource.mcp !== true) return []
    const { description, input, output } = resource
    return [{ name, input, output, ...(description !== undefined && { description }) }]
  })
}

/** The JSON Schema of a zod schema; none for a schema of another library, which says it in no common way. */
function jsonSchema(schema: unknown, io: 'input' | 'output'): Readonly<Record<string, unknown>> | undefined {
  if (!(schema instanceof z.ZodType)) return undefined
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

type Execute = (type: string, id: string, input: unknown) => Promise<unknown>

function toolOf(kind: 'agent' | 'workflow' | 'function', resource: Offered, execute: Execute): ExposedTool {
  const inputSchema = jsonSchema(resource.input, 'input')
  const outputSchema = jsonSchema(resource.output, 'output')
  return {
    name: resource.name,
    ...(resource.description !== undefined && { description: resource.description }),
    ...(inputSchema && { inputSchema }),
    ...(outputSchema?.type === 'object' && { outputSchema }),
    call: (input, { idempotencyKey }) => {
      // The same key finds the run that an earlier, broken-off call has started. A host may send any text as a key.
      const key = idempotencyKey === undefined ? randomUUID() : digest(idempotencyKey)
      const id = `mcp-${resource.name}-${key}`
      return kind === 'function'
        ? execute(callFunction.name, id, { name: resource.name, input } satisfies FunctionCall)
        : execute(resource.name, id, input)
    },
  }
}

/**
 * What this service offers to MCP hosts: everything that is marked `mcp: true`. A call starts durable work and waits
 * for it; a call that is repeated with its idempotency key waits for the same work.
 */
export function exposedTools(
  service: ProjectService,
  engine: Restack,
  taskQueue: string,
): readonly ExposedTool[] {
  const isKnown = async (id: string) => {
    try {
      await engine.describe({ id })
      return true
    } catch (error) {
      if (isEngineError(error, 'ENGINE_RUN_NOT_FOUND')) return false
      throw error
    }
  }
  const execute: Execute = async (type, id, input) => {
    try {
      if (!(await isKnown(id)))
        await engine.scheduleWorkflow({ workflowName: type, workflowId: id, input, taskQueue })
    } catch (error) {
      // Another call with the same key came between.
      if (!isEngineError(error, 'ENGINE_ID_IN_USE')) throw error
    }
    return engine.getWorkflowResult<unknown>({ workflowId: id })
  }
  return [
    ...offered(service.agents).map((resource) => toolOf('agent', resource, execute)),
    ...offered(service.workflows).map((resource) => toolOf('workflow', resource, execute)),
    ...offered(service.functions).map((resource) => toolOf('function', resource, execute)),
  ]
}
