// What services have registered, for processes that load no code. The server keeps no such list, so every service
// leaves one in the memo of an idle run on its queue, named after the queue.
import type { Registration, RunFunction, ServiceDefinition, StepFunction } from '@rgen/engine'
import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { jsonSchemaOf } from '../json-schema.ts'
import {
  localName,
  registrationIdPrefix,
  registrationType,
  serverId,
  serverQueue,
  type EngineId,
} from '../names.ts'

type Entry = Omit<Registration, 'live'>

const { TaskQueueType } = proto.temporal.api.enums.v1

/** Writes down what a service offers, unless the same stands there already. */
export async function register(
  client: Client,
  engineId: EngineId,
  service: ServiceDefinition,
): Promise<void> {
  const entries = entriesOf(service)
  const workflowId = serverId(engineId, `${registrationIdPrefix}${service.taskQueue}`)
  const text = JSON.stringify(entries)
  const known = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined)
  if (known?.status.name === 'RUNNING' && JSON.stringify(known.memo?.['registrations']) === text) return
  await client.workflow.start(registrationType, {
    workflowId,
    taskQueue: serverQueue(engineId, service.taskQueue),
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    memo: { registrations: JSON.parse(text) as unknown },
  })
}

/** What is written down; live is what has a worker that polls. */
export async function registrations(
  client: Client,
  namespace: string,
  engineId: EngineId,
): Promise<readonly Registration[]> {
  const found: Registration[] = []
  const query = `WorkflowType = "${registrationType}" AND ExecutionStatus = "Running"`
  for await (const info of client.workflow.list({ query })) {
    const own = serverId(engineId, registrationIdPrefix)
    if (!info.workflowId.startsWith(own)) continue
    const live = await hasPollers(client, namespace, info.taskQueue)
    const entries = (info.memo?.['registrations'] ?? []) as readonly Entry[]
    found.push(
      ...entries.map((entry) => ({ ...entry, taskQueue: localName(engineId, info.taskQueue), live })),
    )
  }
  return found
}

async function hasPollers(client: Client, namespace: string, queue: string): Promise<boolean> {
  const types = [TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW]
  const answers = await Promise.all(
    types.map((taskQueueType) =>
      client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType }),
    ),
  )
  return answers.some(({ pollers }) => pollers.length > 0)
}

function entriesOf({ taskQueue, agents, workflows, functions }: ServiceDefinition): readonly Entry[] {
  const entries = (
    kind: Entry['kind'],
    resources: ReadonlyMap<string, RunFunction | StepFunction>,
  ): Entry[] =>
    [...resources].map(([name, resource]) => ({
      name,
      kind,
      taskQueue,
      ...(resource.description === undefined ? {} : { description: resource.description }),
      ...(resource.mcp === undefined ? {} : { mcp: resource.mcp }),
      ...withSchema(jsonSchemaOf(resource.input, 'input')),
    }))
  return [...entries('agent', agents), ...entries('workflow', workflows), ...entries('function', functions)]
}

function withSchema(inputSchema: unknown): Pick<Entry, 'inputSchema'> {
  return inputSchema === undefined ? {} : { inputSchema }
}
