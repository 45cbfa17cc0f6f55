// What a project's generated declarations fill in (`rgen prompts types`, `rgen tools sync`). The interfaces stand in
// an entry of their own because TypeScript merges an augmentation only where an interface is declared.

/**
 * Prompt name → version or range → variables. Empty until `rgen prompts types` has written the project's own.
 *
 * @example
 * declare module '@rgen/runtime/types' {
 *   interface PromptTypes { 'analyze-research': { '1.0.0': { topic: string } } }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the project
export interface PromptTypes {}

/**
 * Tool server → tool → its input and output. Empty until `rgen tools sync` has written the project's own.
 *
 * @example
 * declare module '@rgen/runtime/types' {
 *   interface ToolTypes { research: { web_search: { input: { query: string }; output: { results: unknown[] } } } }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the project
export interface ToolTypes {}
