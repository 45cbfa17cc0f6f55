import { withClient } from '../client/open-client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description: 'Ends a run at once. Its code gets no chance to clean up; try `rgen cancel` first.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  options: {
    reason: { type: 'string', value: '<text>', description: 'Why, for its history.' },
  },
  examples: [
    { command: 'rgen terminate research-3fa9c1 --reason "wrong topic"', note: 'The run ends as terminated.' },
  ],
  async run({ arguments: [id = ''], options, io }) {
    return withClient(
      io,
      async (client) => {
        await client.terminate({ id, ...(options.reason && { reason: options.reason }) })
        io.stderr.write(`${io.stderr.style.green('✓')} ${id} was terminated.\n`)
        return 0
      },
      id,
    )
  },
})
