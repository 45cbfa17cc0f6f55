import type { RunFunction } from '@rgen/engine/host'
import { isEngineError } from '@rgen/engine/host'
import { step, workflowInfo } from '@rgen/engine/workflow'

/** The activity that calls a fake of a test. */
export function standInActivity(name: string): string {
  return `rgen.standIn.${name}`
}

/**
 * What runs in place of an agent or workflow that no module exports: a fake that a test wrote. A bundle cannot hold its
 * closure, so it is called in the test's process, as a step.
 */
export function standIn(name: string): RunFunction {
  return async (input: unknown) => {
    const { taskQueue } = workflowInfo()
    const call = step({ taskQueue, startToCloseTimeout: '1 hour', retry: { maximumAttempts: 1 } })
    try {
      return await call[standInActivity(name)]?.(input)
    } catch (error) {
      throw isEngineError(error, 'ENGINE_STEP_FAILED') ? error.cause : error
    }
  }
}
