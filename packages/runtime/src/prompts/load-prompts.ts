import { fileURLToPath } from 'node:url'
import { PromptRegistry, type PromptRegistryOptions } from './registry.ts'

export type LoadPromptsOptions = Partial<Omit<PromptRegistryOptions, 'root'>>

/**
 * Opens the prompts of a project: config/prompts.yaml and the files that it names. A project without that file has no
 * prompts.
 *
 * @param root The project's folder, as a path or a file URL.
 * @param options.mode `production` reads and checks everything at once, and never looks at the disk again;
 *   `development` follows changes of the files. Default: by `NODE_ENV`.
 * @throws {ConfigError | PromptError} with file and line, when something is not in order.
 * @example
 * const prompts = loadPrompts(root)
 * const { messages, settings } = prompts.render('analyze-research', '1', { topic: 'tides', sources })
 */
export function loadPrompts(root: string | URL, options: LoadPromptsOptions = {}): PromptRegistry {
  const env = options.env ?? process.env
  const mode = options.mode ?? (env.NODE_ENV === 'production' ? 'production' : 'development')
  return new PromptRegistry({ ...options, env, mode, root: root instanceof URL ? fileURLToPath(root) : root })
}
