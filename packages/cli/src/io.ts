import { styleText } from 'node:util'

/** Where text goes: a stream, or a list of strings in a test. */
export interface Output {
  readonly write: (text: string) => void
  readonly isTTY: boolean
  /** Width in characters; 80 where it is not a terminal. */
  readonly columns: number
  readonly style: Style
}

/** The world as a command sees it. Commands reach for nothing else of the process. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  /** Somebody may type: prompts need it, and a terminal to show them on. */
  readonly stdinIsTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Reads standard input to its end, for `--input-file -`. */
  readStdin(): Promise<string>
  /**
   * Calls the listener for Ctrl+C and for a polite kill, instead of letting the process die of it.
   * @returns a function that takes the listener away again.
   */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}

/** The few ways text is set off. Each returns its argument unchanged where there is no colour. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
  readonly magenta: (text: string) => string
}

/** A {@link Style} that colours, or one that leaves text alone. */
export function createStyle(colour: boolean): Style {
  // Whether the stream takes colour was decided by wantsColour; styleText must not decide it again.
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    magenta: paint('magenta'),
  }
}

/**
 * Colour goes to a terminal only, and never with NO_COLOR (https://no-color.org) or `TERM=dumb`.
 * FORCE_COLOR, where it is set, has the last word: `0` and `false` mean no.
 */
export function wantsColour(isTTY: boolean, env: Io['env']): boolean {
  const forced = env.FORCE_COLOR
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return isTTY && !env.NO_COLOR && env.TERM !== 'dumb'
}

function streamOutput(stream: NodeJS.WriteStream, env: Io['env']): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : 80
    },
    style: createStyle(wantsColour(stream.isTTY, env)),
  }
}

async function readStdin(): Promise<string> {
  process.stdin.setEncoding('utf8')
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text
}

/** The {@link Io} of the running process. */
export function processIo(): Io {
  const { env } = process
  return {
    stdout: streamOutput(process.stdout, env),
    stderr: streamOutput(process.stderr, env),
    stdinIsTerminal: process.stdin.isTTY,
    env,
    cwd: process.cwd(),
    readStdin,
    onSignal(listener) {
      const onInterrupt = () => listener('SIGINT')
      const onTerminate = () => listener('SIGTERM')
      process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
      return () => void process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
    },
  }
}
