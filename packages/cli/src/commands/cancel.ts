import { withClient } from '../client/open-client.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description: 'Asks a run to end. Its code may clean up first; `rgen terminate` asks nobody.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  examples: [
    {
      command: 'rgen cancel research-3fa9c1',
      note: 'The run ends as cancelled, unless its code decides otherwise.',
    },
  ],
  async run({ arguments: [id = ''], io }) {
    return withClient(
      io,
      async (client) => {
        await client.cancel({ id })
        io.stderr.write(
          `${io.stderr.style.green('✓')} ${id} was asked to end. Where it stands: rgen describe ${id}\n`,
        )
        return 0
      },
      id,
    )
  },
})
