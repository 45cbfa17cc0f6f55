import type { HistoryEvent, Restack, RunHistory } from '@rgen/engine'
import type { RenderStepInput } from '../agent/builtin-steps.ts'
import type { RenderedPrompt } from '../prompts/registry.ts'
import type { BuiltinParts } from './builtin-functions.ts'

const renderStep = 'rgen.prompts.render'

/** The versions that a run rendered: what was asked for → what it got, the last one winning. */
function renderedIn(history: RunHistory): ReadonlyMap<string, string> {
  const inputs = new Map<number, RenderStepInput>()
  const versions = new Map<string, string>()
  for (const event of history.events) {
    if (event.n === undefined) continue
    if (isStepOf(event)) inputs.set(event.n, event.data as RenderStepInput)
    const input = inputs.get(event.n)
    const version = (event.data as Partial<RenderedPrompt> | null)?.version
    if (input !== undefined && event.type === 'StepCompleted' && version !== undefined)
      versions.set(keyOf(input.name, input.request), version)
  }
  return versions
}

function isStepOf(event: HistoryEvent): boolean {
  return event.type === 'StepScheduled' && event.name === renderStep
}

function keyOf(name: string, request: string | undefined): string {
  return `${name}@${request ?? ''}`
}

/**
 * Looks up which version of a prompt the run before a continue-as-new used. A history is read once a run: closed
 * histories do not change.
 */
export function recordedVersions(restack: Restack): NonNullable<BuiltinParts['recordedVersion']> {
  const read = new Map<string, Promise<ReadonlyMap<string, string>>>()
  return async ({ agentId, continuedFrom, name, request }) => {
    const known =
      read.get(continuedFrom) ?? restack.history({ id: agentId, runId: continuedFrom }).then(renderedIn)
    read.set(continuedFrom, known)
    try {
      return (await known).get(keyOf(name, request))
    } catch {
      // The earlier run has been pruned: nothing is recorded any more, so the request stands as it is.
      read.delete(continuedFrom)
      return undefined
    }
  }
}
