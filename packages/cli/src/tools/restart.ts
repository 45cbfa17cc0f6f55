import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Has the running service of this project stop a tool server and start it again: the way out of quarantine.',
  arguments: [{ name: 'server', description: 'Its name in config/tools.yaml.', required: true }],
  examples: [{ command: 'rgen tools restart research', note: 'After its cause was repaired.' }],
  async run({ arguments: [name = ''], io }) {
    const { root } = findProject(io.cwd)
    const { loadToolSettings, requestRestart } = await import('@rgen/runtime/tools')
    const { servers } = loadToolSettings(root, projectEnv(root, io.env))
    if (!servers.some((server) => server.name === name))
      throw new CliError('CLI_UNKNOWN_NAME', `There is no tool server "${name}"`, {
        misspelling: { word: name, candidates: servers.map((server) => server.name), show: (meant) => meant },
      })
    if (!(await requestRestart(root, name)))
      throw new CliError('CLI_NO_SERVICE', 'No service of this project took the request', {
        hint: 'Start it with rgen dev; it starts the tool servers, too.',
      })
    io.stdout.write(`The service restarts ${name}.\n`)
    return 0
  },
})
