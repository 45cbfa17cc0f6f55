import { AgentError, isEngineError, log } from '@rgen/engine/workflow'
import { isRecord } from './json.ts'
import { write } from './progress.ts'
import type { Progress } from './progress.ts'

/** Calls what a step stands for: a durable step of a function, or a child. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the token fits many steps; each step's own input schema checks it at the border
export type StepCall = (input: any) => Promise<unknown>

/**
 * Runs one step of a pipeline: logs it, hands it the token, and merges its result into the token. A result that
 * is no object is put under the step's name; a step that answers nothing changes nothing.
 *
 * @throws {AgentError} PIPELINE_STEP_FAILED with the step's name; `cause` is what failed. A cancellation passes
 *   unchanged.
 * @example progress = await runStep('DRAFT', progress, (input) => childExecute({ child: draftWorkflow, input }))
 */
export async function runStep<Token extends object>(
  name: string,
  progress: Progress<Token>,
  call: StepCall,
): Promise<Progress<Token>> {
  log.info(`${name} started`)
  const answer = await call(progress.token).catch((error: unknown) => {
    if (isEngineError(error, 'ENGINE_CANCELLED')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    log.error(`${name} failed`, { reason })
    throw stepFailure(`Step ${name} failed: ${reason}`, error)
  })
  log.info(`${name} finished`)
  const result = resultOf(name, answer)
  return write(progress, result, result)
}

function resultOf(name: string, answer: unknown): Readonly<Record<string, unknown>> {
  if (answer === undefined || answer === null) return {}
  return isRecord(answer) ? answer : { [name]: answer }
}

function stepFailure(message: string, cause: unknown): AgentError {
  return Object.assign(new AgentError(message, cause), { type: 'PIPELINE_STEP_FAILED' })
}
