import { requireService } from '../client/find-resource.ts'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { suggestName } from '../client/suggest-name.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description: 'Prints a state that a run offers with onState, as JSON. Changes nothing.',
  arguments: [
    { name: 'id', description: 'The id of the run.', required: true },
    { name: 'state', description: 'The name of the state.', required: true },
  ],
  examples: [{ command: 'rgen state concierge-1 messages', note: 'What the agent remembers.' }],
  async run({ arguments: [id = '', stateName = ''], io }) {
    return withClient(
      io,
      async (client) => {
        await requireService(client, id)
        const reading = client.getAgentState<unknown>({ agentId: id, stateName })
        printValue(await suggestName(stateName, 'ENGINE_UNKNOWN_STATE', reading), io)
        return 0
      },
      id,
    )
  },
})
