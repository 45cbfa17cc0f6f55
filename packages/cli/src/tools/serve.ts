import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Runs one server of config/tools.yaml as the service would, with its variables and folder, until Ctrl+C or the end of its input. Over stdio this process speaks the protocol itself: nothing else is written to its output.',
  arguments: [{ name: 'server', description: 'Its name in config/tools.yaml.', required: true }],
  options: {
    transport: {
      type: 'string',
      choices: ['stdio', 'http', 'sse'],
      description: 'How it is reached, for a module of this project; stdio unless given.',
    },
    port: { type: 'integer', description: 'Where it listens over http or sse; 8000 unless given.' },
  },
  examples: [
    { command: 'rgen tools serve research', note: 'Over stdio, as an MCP host starts it.' },
    {
      command: 'rgen tools serve research --transport http --port 8001',
      note: 'On http://127.0.0.1:8001/mcp.',
    },
  ],
  async run({ arguments: [name = ''], options, io }) {
    const { root } = findProject(io.cwd)
    const { loadToolSettings, planLaunch } = await import('@rgen/runtime/tools')
    const env = projectEnv(root, io.env)
    const { servers } = loadToolSettings(root, env)
    const settings = servers.find((server) => server.name === name)
    if (settings === undefined)
      throw new CliError('CLI_UNKNOWN_NAME', `There is no tool server "${name}"`, {
        misspelling: { word: name, candidates: servers.map((server) => server.name), show: (meant) => meant },
        hint: 'See config/tools.yaml, or add it: rgen g tool-server.',
      })
    if (settings.refused !== undefined)
      throw new CliError('CLI_INVALID_VALUE', settings.refused, { hint: 'Set it in .env.' })
    const { process: started } = settings.transport
    if (started === undefined)
      throw new CliError(
        'CLI_INVALID_VALUE',
        `"${name}" is run by someone else: config/tools.yaml only has its address`,
      )
    const flags = [
      ...(options.transport === undefined ? [] : ['--transport', options.transport]),
      ...(options.port === undefined ? [] : ['--port', String(options.port)]),
    ]
    if (flags.length > 0 && started.run.kind === 'command')
      throw new CliError(
        'CLI_INVALID_VALUE',
        `--transport and --port are for modules of this project; "${name}" is a command`,
      )
    const run =
      started.run.kind === 'module' ? { ...started.run, args: [...flags, ...started.run.args] } : started.run
    const launch = planLaunch({ ...started, run }, root, env)
    const child = spawn(launch.command, [...launch.args], {
      cwd: launch.cwd,
      env: launch.env,
      stdio: 'inherit',
    })
    const stopListening = io.onSignal((signal) => child.kill(signal))
    try {
      return await new Promise<number>((resolve, reject) => {
        child.once('error', (cause) =>
          reject(new CliError('CLI_SERVICE_ENDED', `"${launch.shown}" cannot be started`, { cause })),
        )
        child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : 0))
      })
    } finally {
      stopListening()
    }
  },
})
