/**
 * One finding of `rgen doctor`: what was looked at, what was found, and for anything that is not in order the
 * one thing to do about it.
 */
export interface Check {
  /** The heading it stands under: `Node`, `LLM router`, `Tool servers`, `Prompts` … */
  readonly area: string
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** Present unless the status is `ok`: a command or an edit that the user can make as it stands. */
  readonly fix?: string
}
