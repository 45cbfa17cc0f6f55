// A request may name another model than the providers are configured with, and a prompt's front matter often does. Sent
// to every provider, the name of one would be a 404 at the next.

import type { LlmRequest } from './messages.ts'
import type { Target } from './targets.ts'

/** A request whose override, if it has one, says for which targets it is meant. */
export interface ResolvedOverride {
  readonly request: LlmRequest
  /** Why the name is not used. */
  readonly warning?: string
}

/**
 * A plain name is meant for the first of the targets that can know it, and for those that are the same under another
 * key (type and model alike). All others keep the models that they are configured with.
 *
 * @param targets in the order in which they will be asked.
 */
export function resolveOverride(request: LlmRequest, targets: readonly Target[]): ResolvedOverride {
  const { model } = request
  if (typeof model !== 'string') return { request }
  const knowing = targets.filter((target) => target.sendModel && mayKnow(target, model, targets))
  const [first] = knowing
  if (first === undefined) {
    const pinned = targets.every(({ sendModel }) => !sendModel)
    const why = pinned ? "is left out: Kong's routes pin theirs" : "is none of these providers'"
    return { request: { ...request, model: {} }, warning: `the model ${model} ${why}` }
  }
  const same = knowing.filter((target) => target.type === first.type && target.model === first.model)
  return { request: { ...request, model: Object.fromEntries(same.map(({ name }) => [name, model])) } }
}

/** Servers that imitate OpenAI may know any name, but are not asked for one whose maker is there himself. */
function mayKnow({ type }: Target, model: string, targets: readonly Target[]): boolean {
  const maker = makerOf(model)
  if (maker === undefined || type === 'mock' || type === maker) return true
  return type === 'openai-compatible' && !targets.some((target) => target.type === maker)
}

function makerOf(model: string): Target['type'] | undefined {
  if (model.startsWith('claude-')) return 'anthropic'
  return /^(?:gpt-|chatgpt-|o\d)/.test(model) ? 'openai' : undefined
}
