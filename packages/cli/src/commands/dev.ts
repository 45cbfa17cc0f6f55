import { basename } from 'node:path'
import { defineCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { reportOf } from '../error-report.ts'
import { printError } from '../print-error.ts'
import { findProject, projectEnv, type Project } from '../project.ts'
import { listenForInterrupt } from '../interrupt.ts'
import { parseSettingFlags, setOption, settingVariables } from '../setting-flags.ts'
import {
  checkCanStart,
  startProjectService,
  stopService,
  type ServiceOptions,
} from '../service/project-service.ts'
import { startTemporalServer, type TemporalServer } from '../service/temporal-server.ts'
import { watchProject } from '../service/watch-project.ts'

export const command = defineCommand({
  description:
    'Starts the embedded engine, the worker and the tool servers of the project, says where everything is, and starts them again after a change in src, server, config, prompts or .env. Runs go on where they were. Ctrl+C stops; twice stops at once.',
  options: {
    engine: {
      type: 'string',
      choices: ['embedded', 'temporal'],
      description:
        'Where runs are kept for this call, whatever the settings say. temporal starts a server for development, unless the settings name one.',
    },
    set: setOption,
    watch: { type: 'boolean', default: true, description: 'Do not restart after changes.' },
    json: {
      type: 'boolean',
      description: 'Leave the log lines of the service as they are, one JSON object each.',
    },
  },
  examples: [
    { command: 'rgen dev', note: 'Start the project. Talk to it from a second terminal with `rgen run`.' },
    { command: 'rgen dev --set log.level=debug', note: 'With more in the log.' },
    {
      command: 'rgen dev --engine temporal',
      note: 'The same project on a Temporal server (needs @rgen/temporal).',
    },
    { command: 'rgen dev --no-watch', note: 'Start once, and leave it running while you edit.' },
  ],
  async run({ options, io }) {
    const project = findProject(io.cwd)
    checkCanStart(project)
    const flags = {
      ...parseSettingFlags(options.set),
      ...(options.engine && { 'engine.driver': options.engine }),
    }
    const settings = await variablesOf(flags)
    io.stderr.write(`${io.stderr.style.bold('rgen dev')} ${io.stderr.style.dim(basename(project.root))}\n`)
    const logs = options.json ? 'raw' : 'pretty'
    const service = { project, io, mode: 'development', settings, logs } as const
    if (options.engine !== 'temporal' || (await namesServer(project, io, flags)))
      return runWithReload(service, options.watch)
    const server = await startTemporalServer(project)
    tellServer(server, io)
    const address = await variablesOf({ 'engine.address': server.address })
    try {
      return await runWithReload({ ...service, settings: { ...settings, ...address } }, options.watch)
    } finally {
      await server.stop()
    }
  },
})

/** Settings as environment variables. The table of settings is loaded only when there is one to look up. */
async function variablesOf(
  flags: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  if (Object.keys(flags).length === 0) return {}
  const { settingTable } = await import('@rgen/runtime/settings')
  return settingVariables(flags, settingTable())
}

/** Does somebody name a server already: a flag, the environment, the settings? */
async function namesServer(
  { root }: Project,
  io: Io,
  flags: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { explainSettings } = await import('@rgen/runtime/settings')
  const settings = explainSettings({ root, env: projectEnv(root, io.env), flags })
  return settings.some(({ name, source }) => name === 'engine.address' && source !== 'default')
}

function tellServer({ address }: TemporalServer, { stderr }: Io): void {
  const { style } = stderr
  stderr.write(`\n  ${style.green('✓')} Temporal at ${address}, its runs in .rgen/temporal.db\n`)
  stderr.write(`    ${style.dim(`From another terminal: TEMPORAL_ADDRESS=${address} rgen run …`)}\n`)
}

type Next =
  | { readonly kind: 'exited'; readonly why: Error }
  | { readonly kind: 'changed'; readonly paths: readonly string[] }
  | { readonly kind: 'stop' }

/** One service after the other, until Ctrl+C. A service that ends by itself is waited for: the next change may mend it. */
async function runWithReload(options: ServiceOptions, reload: boolean): Promise<number> {
  const { io, project } = options
  const interrupt = listenForInterrupt(io)
  // The service starts meanwhile, and says that it is ready only when a change would be seen.
  const watching = reload ? watchProject(project.root) : undefined
  let service = startProjectService({ ...options, readyAfter: watching })
  const watcher = await watching
  const stop = interrupt.first.then((): Next => ({ kind: 'stop' }))
  const wait = (others: readonly Promise<Next>[]) => {
    const changed = watcher ? [watcher.next().then((paths): Next => ({ kind: 'changed', paths }))] : []
    return Promise.race([...others, ...changed, stop])
  }
  try {
    for (;;) {
      const current = service
      const exited = current.exited.then((exit): Next => ({ kind: 'exited', why: current.explainExit(exit) }))
      let next = await wait([exited])
      if (next.kind === 'exited') {
        if (!reload) throw next.why
        await tellExit(io, next.why)
        next = await wait([])
      } else await stopService(current, interrupt)
      if (next.kind === 'stop') return 0
      if (next.kind === 'changed') tellChange(io, next.paths)
      service = startProjectService(options)
    }
  } finally {
    interrupt.release()
    await watcher?.close()
  }
}

async function tellExit({ stderr }: Io, why: Error): Promise<void> {
  stderr.write('\n')
  printError(await reportOf(why), stderr, { afterFailure: 'waiting for a change' })
}

function tellChange({ stderr }: Io, paths: readonly string[]): void {
  const { style } = stderr
  const [first = '', ...others] = paths
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  stderr.write(`\n${style.cyan('↻')} ${first}${more} ${style.dim('changed')}\n`)
}
