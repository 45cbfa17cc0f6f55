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
    const { settingTable } = await import('@rgen/runtime/settings')
    const settings = settingVariables(flags, settingTable())
    io.stderr.write(`${io.stderr.style.bold('rgen dev')} ${io.stderr.style.dim(basename(project.root))}\n`)
    const logs = options.json ? 'raw' : 'pretty'
    const service = { project, io, mode: 'development', settings, logs } as const
    if (options.engine !== 'temporal' || (await namesServer(project, io, flags)))
      return runWithReload(service, options.watch)
    const server = await startTemporalServer(project)
    tellServer(server, io)
    const address = settingVariables({ 'engine.address': server.address }, settingTable())
    try {
      return await runWithReload({ ...service, settings: { ...settings, ...address } }, options.watch)
    } finally {
      await server.stop()
    }
  },
})

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
  const watcher = reload ? await watchProject(project.root) : undefined
  const stop = interrupt.first.then((): Next => ({ kind: 'stop' }))
  const wait = (others: readonly Promise<Next>[]) => {
    const changed = watcher ? [watcher.next().then((paths): Next => ({ kind: 'changed', paths }))] : []
    return Promise.race([...others, ...changed, stop])
  }
  try {
    for (;;) {
      const service = startProjectService(options)
      const exited = service.exited.then((exit): Next => ({ kind: 'exited', why: service.explainExit(exit) }))
      let next = await wait([exited])
      if (next.kind === 'exited') {
        if (!reload) throw next.why
        await tellExit(io, next.why)
        next = await wait([])
      } else await stopService(service, interrupt)
      if (next.kind === 'stop') return 0
      if (next.kind === 'changed') tellChange(io, next.paths)
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
