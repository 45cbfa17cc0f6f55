import { randomUUID } from 'node:crypto'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { UsageError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description:
    'Starts a new run that shares the beginning of an old one: everything before an event has happened, everything from it on happens anew, with the code as it is. The old run stays as it is.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  options: {
    at: {
      type: 'integer',
      value: '<event>',
      description: 'The number of the first event that happens anew, from `rgen history`.',
    },
    newId: { type: 'string', value: '<id>', description: 'The id of the new run. Made up unless given.' },
    runId: { type: 'string', value: '<run>', description: 'Exactly this run, when several had the id.' },
    json: { type: 'boolean', description: 'Print { id, runId } of the new run.' },
  },
  examples: [
    { command: 'rgen fork research-3fa9c1 --at 7', note: 'Try the rest again, from event 7 on.' },
    { command: 'rgen fork research-3fa9c1 --at 7 --new-id second-try', note: 'Under an id of your own.' },
  ],
  async run({ arguments: [id = ''], options, io }) {
    const { at } = options
    if (at === undefined)
      throw new UsageError(
        'CLI_MISSING_ARGUMENT',
        '--at is missing: the event from which on everything happens anew',
        {
          hint: `\`rgen history ${id}\` numbers the events.`,
        },
      )
    const newId = options.newId ?? `${id}-fork-${randomUUID().slice(0, 4)}`
    return withClient(
      io,
      async (client) => {
        const runId = await client.fork({
          id,
          ...(options.runId && { runId: options.runId }),
          seq: at,
          newId,
        })
        if (options.json) printValue({ id: newId, runId }, io)
        else {
          const { style } = io.stdout
          io.stdout.write(`${style.green('▸')} ${style.bold(newId)} ${style.dim(`run ${runId}`)}\n`)
          io.stdout.write(`  Its result: ${style.cyan(`rgen result ${newId}`)}\n`)
        }
        return 0
      },
      id,
    )
  },
})
