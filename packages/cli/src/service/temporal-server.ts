import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CliError } from '../cli-error.ts'
import type { Project } from '../project.ts'
import type { TemporalAnswer } from './temporal-child.ts'

/** A Temporal server that runs beside `rgen dev`. */
export interface TemporalServer {
  readonly address: string
  /** Ends it. Answers when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a Temporal server for development, with runs kept in `.rgen/temporal.db`.
 *
 * @throws {CliError} CLI_NOT_INSTALLED when the project has no @rgen/temporal; TEMPORAL_NO_SERVER, as that package
 *   says it, when no server can be had.
 */
export async function startTemporalServer({ root }: Project): Promise<TemporalServer> {
  const database = join(root, '.rgen', 'temporal.db')
  const packageUrl = temporalPackage(root)
  mkdirSync(dirname(database), { recursive: true })
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./temporal-child.js', import.meta.url)), packageUrl, database],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: process.platform !== 'win32' },
  )
  const ended = new Promise<undefined>((resolve) => {
    child.once('error', () => resolve(undefined)).once('exit', () => resolve(undefined))
  })
  const answered = new Promise<TemporalAnswer>((resolve) => {
    child.once('message', (message) => resolve(message as TemporalAnswer))
  })
  const answer = await Promise.race([answered, ended])
  if (answer?.kind === 'ready')
    return {
      address: answer.address,
      async stop() {
        if (child.connected) child.disconnect()
        await ended
      },
    }
  const { message = 'The Temporal server did not start', code, hint } = answer ?? {}
  throw Object.assign(new Error(message), { code, hint })
}

/** Where the project's @rgen/temporal lies. */
function temporalPackage(root: string): string {
  try {
    return pathToFileURL(createRequire(join(root, 'package.json')).resolve('@rgen/temporal')).href
  } catch (cause) {
    throw new CliError('CLI_NOT_INSTALLED', '--engine temporal needs the package @rgen/temporal', {
      hint: 'Add it: pnpm add @rgen/temporal (or npm install @rgen/temporal).',
      cause,
    })
  }
}
