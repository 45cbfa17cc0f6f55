import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
/** No command of a test takes so long: one that waits for something that never comes is ended, and its test fails. */
const patienceMs = 150_000

const installed = fileURLToPath(new URL('../node_modules', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A running `rgen`, as built. */
export interface RunningRgen {
  readonly child: ChildProcess
  /** Answers with all that was written so far, once it matches. Rejects when the process ends before. */
  until(pattern: RegExp): Promise<string>
  readonly outcome: Promise<Outcome>
}

/** Starts the built binary. */
export function startRgen(
  argv: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): RunningRgen {
  // Neither colours nor settings of the machine that runs the tests.
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(NO_COLOR|FORCE_COLOR|RGEN_|RESTACK_|RETRY_)/.test(name),
    ),
  )
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  let out = ''
  let err = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    waiting.forEach((look) => look())
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    waiting.forEach((look) => look())
  })
  const outcome = new Promise<Outcome>((resolve) =>
    child.once('close', (code) => resolve({ code, out, err })),
  )
  return {
    child,
    outcome,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(out + err)) return
          waiting.delete(look)
          resolve(out + err)
        }
        waiting.add(look)
        look()
        void outcome.then(() => reject(new Error(`It ended without ${String(pattern)}:\n${out}${err}`)))
      }),
  }
}

/** Runs the built binary to its end. */
export async function rgen(
  argv: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Outcome> {
  return startRgen(argv, cwd, env).outcome
}

/** A folder of its own under the system's temporary one, with these files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'rgen-cli-')))
  for (const [path, text] of Object.entries(files)) writeInto(root, path, text)
  return root
}

/** A folder that is a project, with tsx installed as the project would have it. */
export function projectWith(files: Readonly<Record<string, string>>): string {
  const root = folderWith({
    'package.json': JSON.stringify({
      name: 'sample',
      type: 'module',
      dependencies: { '@rgen/runtime': '*' },
    }),
    ...files,
  })
  mkdirSync(join(root, 'node_modules'))
  symlinkSync(join(installed, 'tsx'), join(root, 'node_modules', 'tsx'), 'dir')
  symlinkSync(join(installed, '@rgen'), join(root, 'node_modules', '@rgen'), 'dir')
  return root
}

/** Writes a file of a project, with its folders. */
export function writeInto(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
