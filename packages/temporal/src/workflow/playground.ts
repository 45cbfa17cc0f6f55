import { scheduleActivity } from '@temporalio/workflow'
import { serverQueue, type EngineId } from '../names.ts'

/** What the UI of a Restack engine asks for when somebody tries a function there. */
interface PlaygroundRequest {
  readonly functionName: string
  readonly taskQueue: string
  readonly input?: unknown
}

/** The workflow that runs one function, for the UI of a Restack engine. */
export function playground(engineId: EngineId): (request: PlaygroundRequest) => Promise<unknown> {
  return async ({ functionName, taskQueue, input }) =>
    scheduleActivity(functionName, input === undefined || input === null ? [] : [input], {
      taskQueue: serverQueue(engineId, taskQueue),
      startToCloseTimeout: '120s',
    })
}
