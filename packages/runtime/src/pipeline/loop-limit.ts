import { step } from '@rgen/engine/workflow'
import type { BuiltinSteps } from '../agent/builtin-steps.ts'
import { builtinStepOptions } from '../agent/step-options.ts'

/**
 * How many rounds a loop of a pipeline may take: the setting `pipeline.loops.<name>.max`, 3 unless it is set.
 *
 * Read in a durable step, so that a run keeps its bound when the setting is changed.
 *
 * @example const limit = await loopLimit('draft_review')
 */
export async function loopLimit(name: string): Promise<number> {
  return step<BuiltinSteps>(builtinStepOptions)['rgen.settings.loopLimit']({ name })
}
