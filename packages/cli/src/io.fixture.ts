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
  overrides: Partial<Pick<Io, 'cwd' | 'env' | 'stdinIsTerminal'>> & {
    stdin?: string
    answers?: readonly string[]
  } = {},
): RecordedIo {
  const out: string[] = []
  const err: string[] = []
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>()
  const output = (into: string[]): Output => ({
    write: (text) => void into.push(text),
    isTTY: overrides.stdinIsTerminal ?? false,
    columns: 80,
    style: createStyle(false),
  })
  return {
    stdout: output(out),
    stderr: output(err),
    stdinIsTerminal: overrides.stdinIsTerminal ?? false,
    env: overrides.env ?? {},
    cwd: overrides.cwd ?? process.cwd(),
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
