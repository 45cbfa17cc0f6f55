import { createStyle, type Io, type Output } from './io.ts'

/** An {@link Io} that keeps what was written, for tests that call `main` or a command without a process. */
export interface RecordedIo extends Io {
  readonly out: () => string
  readonly err: () => string
  /** What Ctrl+C would do. */
  readonly interrupt: () => void
}

/** Builds a {@link RecordedIo}: no terminal, no colour, 80 columns, an empty environment. */
export function recordIo(
  overrides: Partial<Pick<Io, 'cwd' | 'env' | 'isInteractive'>> & {
    stdin?: string
    answers?: readonly string[]
  } = {},
): RecordedIo {
  const out: string[] = []
  const err: string[] = []
  const answers = [...(overrides.answers ?? [])]
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>()
  const output = (into: string[]): Output => ({
    write: (text) => void into.push(text),
    isTTY: false,
    columns: 80,
    style: createStyle(false),
  })
  return {
    stdout: output(out),
    stderr: output(err),
    isInteractive: overrides.isInteractive ?? false,
    env: overrides.env ?? {},
    cwd: overrides.cwd ?? process.cwd(),
    async ask(question) {
      err.push(question)
      const answer = answers.shift()
      if (answer === undefined) throw new Error(`Nobody answers "${question}"`)
      err.push(`${answer}\n`)
      return answer
    },
    readStdin: async () => overrides.stdin ?? '',
    onSignal(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    out: () => out.join(''),
    err: () => err.join(''),
    interrupt: () => listeners.forEach((listener) => listener('SIGINT')),
  }
}
