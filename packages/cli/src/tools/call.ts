import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import { readInput } from '../json-input.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Starts or reaches a server of config/tools.yaml, calls one of its tools, and prints the result: structured ones as JSON, others as text. The same checks apply as for an agent. A running service is left alone.',
  arguments: [
    { name: 'server', description: 'Its name in config/tools.yaml.', required: true },
    { name: 'tool', description: 'The name of the tool.', required: true },
    { name: 'input', description: 'Its arguments, as JSON.', required: false },
  ],
  options: {
    inputFile: {
      type: 'string',
      value: '<file>',
      description: 'Read the arguments from a file; - is standard input.',
    },
    json: { type: 'boolean', description: 'Print everything that the tool answered, as JSON.' },
  },
  examples: [
    {
      command: `rgen tools call research calculate '{"expression": "6 * 7"}'`,
      note: 'Prints { "value": 42 }.',
    },
  ],
  async run({ arguments: [server = '', tool = '', text], options, io }) {
    const { root } = findProject(io.cwd)
    const input = (await readInput({ text, name: '<input>' }, options.inputFile, io)) ?? {}
    const { visitToolServers } = await import('@rgen/runtime/tools')
    await using servers = await visitToolServers(root, { env: projectEnv(root, io.env) })
    const result = await servers.client(server).callTool(tool, input as Record<string, unknown>)
    if (options.json) printValue(result, io)
    else if (typeof result.value === 'string') io.stdout.write(`${result.value}\n`)
    else printValue(result.value, io)
    return 0
  },
})
