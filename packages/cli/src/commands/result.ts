import { awaitResult, parseTimeout, tellStillRunning } from '../client/await-result.ts'
import { requireService } from '../client/find-resource.ts'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import { listenForInterrupt } from '../interrupt.ts'

export const command = defineCommand({
  description:
    'Prints the result of a run as JSON, and waits for it when the run is still going. Fails as the run failed, and at once when no service is there that could finish the run.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  options: {
    timeout: {
      type: 'string',
      value: '<duration>',
      description: 'Wait no longer than this: 30s, 2m, "1 hour".',
    },
    json: { type: 'boolean', description: 'Print { id, result } instead of the result alone.' },
  },
  examples: [
    { command: 'rgen result research-3fa9c1', note: 'What the run came to.' },
    { command: 'rgen result research-3fa9c1 --timeout 1s', note: 'Only when it is there within a second.' },
  ],
  async run({ arguments: [id = ''], options, io }) {
    const limitMs = parseTimeout(options.timeout)
    return withClient(
      io,
      async (client) => {
        await requireService(client, id)
        const waited = await awaitResult(client, { id }, limitMs, io, listenForInterrupt(io))
        if (waited.kind === 'interrupted') {
          tellStillRunning(id, io)
          return 130
        }
        printValue(options.json ? { id, result: waited.result } : waited.result, io)
        return 0
      },
      id,
    )
  },
})
