import { requireService } from '../client/find-resource.ts'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { suggestName } from '../client/suggest-name.ts'
import { defineCommand } from '../command.ts'
import { readInput } from '../json-input.ts'

export const command = defineCommand({
  description:
    'Sends an event to a run and prints what its handler answers, as JSON. The event is durable once it is accepted: it is handled even when the service restarts in between.',
  arguments: [
    { name: 'id', description: 'The id of the run.', required: true },
    { name: 'event', description: 'The name of the event.', required: true },
    { name: 'input', description: 'Its input, as JSON.', required: false },
  ],
  options: {
    wait: { type: 'boolean', default: true, description: "Do not wait for the handler's answer." },
    inputFile: {
      type: 'string',
      value: '<file>',
      description: 'Read the input from a file; - is standard input.',
    },
    json: { type: 'boolean', description: 'Print { id, event, answer } instead of the answer alone.' },
  },
  examples: [
    {
      command: `rgen event concierge-1 message '{"text": "hello"}'`,
      note: 'Send a message, print the reply.',
    },
    { command: 'rgen event concierge-1 end', note: 'An event without input.' },
  ],
  async run({ arguments: [id = '', name = '', text], options, io }) {
    const input = await readInput({ text, name: '<input>' }, options.inputFile, io)
    return withClient(
      io,
      async (client) => {
        if (options.wait) await requireService(client, id)
        const event = { name, ...(input === undefined ? {} : { input }) }
        const sending: Promise<unknown> = client.sendAgentEvent(
          { event, agent: { agentId: id } },
          { waitForCompletion: options.wait },
        )
        const answer = await suggestName(name, 'ENGINE_UNKNOWN_EVENT', sending)
        printValue(options.json ? { id, event: name, answer } : answer, io)
        return 0
      },
      id,
    )
  },
})
