import { defineCommand } from '../command.ts'
import { findProject } from '../project.ts'
import { listenForInterrupt } from '../interrupt.ts'
import { parseSettingFlags, setOption, settingVariables } from '../setting-flags.ts'
import { checkCanStart, startProjectService, stopService } from '../service/project-service.ts'

export const command = defineCommand({
  description:
    'Starts the project once, for production: NODE_ENV is production, nothing is watched, and the log stays one JSON object a line unless it goes to a terminal. Ends with the exit code 1 when the service ends by itself, so that a supervisor starts it again; runs go on where they were.',
  options: {
    set: setOption,
    json: { type: 'boolean', description: 'Leave the log lines as they are on a terminal too.' },
  },
  examples: [
    { command: 'rgen start', note: 'As the last line of a container or a systemd unit.' },
    { command: 'NODE_ENV=staging rgen start', note: 'With another environment than production.' },
  ],
  async run({ options, io }) {
    const project = findProject(io.cwd)
    checkCanStart(project)
    const { settingTable } = await import('@rgen/runtime/settings')
    const settings = settingVariables(parseSettingFlags(options.set), settingTable())
    const interrupt = listenForInterrupt(io)
    const logs = io.stdout.isTTY && !options.json ? 'pretty' : 'raw'
    const service = startProjectService({ project, io, mode: 'production', settings, logs })
    try {
      const exit = await Promise.race([service.exited, interrupt.first.then(() => undefined)])
      if (exit === undefined) {
        await stopService(service, interrupt)
        return 0
      }
      throw service.explainExit(exit)
    } finally {
      interrupt.release()
    }
  },
})
