import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import { projectEnv, type Project } from '../project.ts'
import { parseFailure } from './failure-line.ts'
import type { Interrupt } from '../interrupt.ts'
import { prettyLogLine } from './log-line.ts'
import { printReady } from './ready-summary.ts'
import { findMistake } from './source-mistake.ts'
import { startServiceProcess, type Exit, type ServiceProcess } from './service-process.ts'

const entry = 'server/service.ts'

/** How long a service may take to finish what it does at the moment, before it is ended by force. */
export const stopGraceMs = 10_000

export interface ServiceOptions {
  readonly project: Project
  readonly io: Io
  /** What NODE_ENV is, unless the user's environment says. */
  readonly mode: 'development' | 'production'
  /** Settings given as flags, as the environment variables that carry them. */
  readonly settings: Readonly<Record<string, string>>
  /** `pretty` for a person, `raw` leaves the service's own lines alone. */
  readonly logs: 'pretty' | 'raw'
  /** What else must be there before the user is told that the project is ready. */
  readonly readyAfter?: Promise<unknown> | undefined
}

/**
 * Checks what must be there before a service can start at all.
 *
 * @throws {CliError} CLI_NO_SERVICE when `server/service.ts` is missing, CLI_NOT_INSTALLED when tsx is.
 */
export function checkCanStart(project: Project): void {
  if (!existsSync(join(project.root, entry)))
    throw new CliError('CLI_NO_SERVICE', `The project has no ${entry}`, {
      hint: 'It starts the worker and the tool servers. Take it from a project made by `pnpm create rgen`.',
      location: { name: project.root, line: 0, column: 0 },
    })
  try {
    createRequire(join(project.root, 'package.json')).resolve('tsx')
  } catch (cause) {
    throw new CliError(
      'CLI_NOT_INSTALLED',
      'The dependencies of the project are not installed: tsx is missing',
      {
        hint: 'Run `pnpm install` (or `npm install`) in the project.',
        cause,
      },
    )
  }
}

export interface ProjectService extends ServiceProcess {
  /** Why it ended, when nobody asked it to; undefined while it runs. */
  explainExit(exit: Exit): Error
}

/** How many of its last lines are kept to find the mistake in. */
const keptLines = 60

/** Starts the service, shows its lines, and says where everything is once it takes work. */
export function startProjectService(options: ServiceOptions): ProjectService {
  const { project, io, mode, settings, logs } = options
  const startedAt = performance.now()
  const environment = projectEnv(project.root, io.env)
  const complaints: string[] = []
  let wasReady = false
  let failure: Error | undefined
  const service = startServiceProcess({
    root: project.root,
    entry,
    env: { ...environment, NODE_ENV: environment.NODE_ENV || mode, ...settings },
    onLine(line, stream) {
      const told = parseFailure(line)
      if (told) return void (failure = told)
      if (stream === 'stderr') complaints.push(line)
      if (complaints.length > keptLines) complaints.shift()
      const output = stream === 'stdout' ? io.stdout : io.stderr
      output.write(`${logs === 'pretty' ? prettyLogLine(line, output) : line}\n`)
    },
  })
  void service.ready.then(async (ready) => {
    wasReady = ready !== undefined
    await options.readyAfter
    if (ready && logs === 'pretty')
      io.stdout.write(
        printReady(ready, { root: project.root, startedInMs: performance.now() - startedAt }, io.stdout),
      )
  })
  return {
    ...service,
    explainExit(exit) {
      if (failure && 'code' in failure) return failure
      const said = failure ? failure.message.split('\n') : complaints
      const mistake = findMistake(said, project.root)
      const what = wasReady ? 'The service ended' : 'The service did not start: it ended'
      return new CliError('CLI_SERVICE_ENDED', mistake?.message ?? `${what} ${printExit(exit)}`, {
        ...(mistake && { location: mistake.location }),
        hint: mistake ? undefined : 'What it said last stands above.',
      })
    },
  }
}

/** Ends a service in order, or at once when the user is out of patience. */
export async function stopService(service: ServiceProcess, interrupt: Interrupt): Promise<void> {
  void interrupt.second.then(() => service.kill())
  await service.stop(stopGraceMs)
}

/** `with code 1`, `by SIGKILL`: how a service ended, in a sentence. */
function printExit({ code, signal }: Exit): string {
  return signal ? `by ${signal}` : `with code ${code ?? 0}`
}
