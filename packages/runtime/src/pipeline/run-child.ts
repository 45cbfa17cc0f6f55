import { childExecute } from '@rgen/engine/workflow'
import type { ChildOptions } from '@rgen/engine/workflow'
import type { Progress } from './progress.ts'
import { runStep } from './run-step.ts'

/**
 * {@link runStep} for a step that is a workflow or an agent: starts it as a child with the token as its input and
 * waits for its result.
 *
 * @throws {AgentError} as `runStep` does
 * @example progress = await runChild('DRAFT', progress, { child: draftWorkflow })
 */
export async function runChild<Token extends object>(
  name: string,
  progress: Progress<Token>,
  options: Omit<ChildOptions, 'input'>,
): Promise<Progress<Token>> {
  return runStep(name, progress, (input) => childExecute({ ...options, input }))
}
