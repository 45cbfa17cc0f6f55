/** What decides whether anybody is there to answer. */
export interface AskingSituation {
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--yes`: take the defaults. */
  readonly yes?: boolean
  /** `--no-input`: never ask. */
  readonly noInput?: boolean
}

/**
 * Whether questions may be asked. Without a terminal, in CI, and wherever `--yes`, `--no-input` or `RGEN_NO_INPUT`
 * says so, nothing waits for an answer.
 */
export function mayAsk(situation: AskingSituation): boolean {
  const { stdinIsTerminal, stdoutIsTerminal, env, yes = false, noInput = false } = situation
  if (yes || noInput || isOn(env.RGEN_NO_INPUT) || isOn(env.CI)) return false
  return stdinIsTerminal && stdoutIsTerminal && env.TERM !== 'dumb'
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
