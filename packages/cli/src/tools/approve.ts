import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Notes the tools of a server in tools.lock as they are now, so that those which have changed may be called again. A running service sees it at the next call. Look at them first: rgen tools list.',
  arguments: [
    { name: 'server', description: 'Its name in config/tools.yaml.', required: true },
    { name: 'tool', description: 'Only this tool.', required: false },
  ],
  examples: [
    { command: 'rgen tools approve github', note: 'Every tool of the server.' },
    { command: 'rgen tools approve github create_issue', note: 'One of them.' },
  ],
  afterFailure: 'nothing was approved',
  async run({ arguments: [name = '', tool], io }) {
    const { root } = findProject(io.cwd)
    const { visitToolServers } = await import('@rgen/runtime/tools')
    await using servers = await visitToolServers(root, { env: projectEnv(root, io.env) })
    // Names the server when it is unknown, and starts it when it is not.
    servers.client(name)
    const state = await servers.start(name)
    if (state.kind !== 'ready')
      throw new CliError(
        'CLI_NOT_RUNNING',
        `"${name}" does not start${'reason' in state ? `: ${state.reason}` : ''}`,
      )
    const offered = servers.status().find((server) => server.name === name)?.offered ?? []
    if (tool !== undefined && !offered.some((one) => one.tool.name === tool))
      throw new CliError('CLI_UNKNOWN_NAME', `"${name}" has no tool "${tool}"`, {
        misspelling: { word: tool, candidates: offered.map((one) => one.tool.name), show: (meant) => meant },
      })
    const chosen = offered.filter((one) => tool === undefined || one.tool.name === tool)
    servers.approve(name, tool === undefined ? undefined : [tool])
    const changed = chosen.filter(({ status }) => status === 'changed').map((one) => one.tool.name)
    io.stdout.write(
      changed.length === 0
        ? `Nothing had changed: ${chosen.length} tools of ${name} are noted in tools.lock.\n`
        : `Approved: ${changed.join(', ')}. Commit tools.lock.\n`,
    )
    return 0
  },
})
