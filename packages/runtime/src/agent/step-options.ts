import type { StepOptions } from '@rgen/engine/agent'
import { defaults } from '../settings/defaults.ts'

/** What a call may change of the built-in steps' durable options: timeouts, retries, task queue. */
export type BuiltinStepOptions = StepOptions

/**
 * The router and the tool client retry what is worth retrying, within one deadline. The engine repeats a built-in step
 * for what they cannot see: the death of the worker. Their own failures therefore arrive marked as not retryable.
 */
export const builtinStepOptions: BuiltinStepOptions = {
  startToCloseTimeout: defaults.step.timeout_seconds * 1000,
  retry: {
    initialInterval: defaults.retry.initial_seconds * 1000,
    backoffCoefficient: defaults.retry.backoff,
    maximumInterval: defaults.retry.max_interval_seconds * 1000,
    maximumAttempts: defaults.retry.max_attempts,
  },
}
