import type { HistoryEvent } from '@rgen/engine'
import { withClient } from '../client/open-client.ts'
import { printElapsed } from '../client/print-time.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../io.ts'

export const command = defineCommand({
  description:
    'Shows what happened in a run, event by event. As JSON it can be kept, and replayed with `rgen replay <file>`.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  options: {
    runId: { type: 'string', value: '<run>', description: 'Exactly this run, when several had the id.' },
    full: { type: 'boolean', description: 'Do not shorten inputs and results.' },
    json: { type: 'boolean', description: 'Print the whole history as JSON.' },
  },
  examples: [
    { command: 'rgen history research-3fa9c1', note: 'Each event with the time since the start.' },
    {
      command: 'rgen history research-3fa9c1 --json > run.json',
      note: 'Keep it as a test of later changes: rgen replay run.json.',
    },
  ],
  async run({ arguments: [id = ''], options, io }) {
    return withClient(
      io,
      async (client) => {
        const history = await client.history({ id, ...(options.runId && { runId: options.runId }) })
        if (options.json) {
          printValue(history, io)
          return 0
        }
        const { style } = io.stdout
        io.stdout.write(
          `${style.bold(history.id)} ${history.type} ${history.status} ${style.dim(history.runId)}\n`,
        )
        io.stdout.write(printEvents(history.events, io.stdout, options.full))
        return 0
      },
      id,
    )
  },
})

/** One line an event: number, time since the start, what, of which step, with what. */
export function printEvents(events: readonly HistoryEvent[], output: Output, full: boolean): string {
  const { style } = output
  const beginning = events[0]?.at.getTime() ?? 0
  const numberWidth = String(events.at(-1)?.seq ?? 0).length
  const typeWidth = Math.max(0, ...events.map(({ type }) => type.length))
  return events
    .map(({ seq, at, type, name, n, data }) => {
      const since = printElapsed(at.getTime() - beginning).padStart(9)
      const which = [name, n === undefined ? '' : `#${n}`].filter(Boolean).join(' ')
      const head = `${String(seq).padStart(numberWidth)} ${since}  ${type.padEnd(typeWidth)}  ${which}`
      const space = full ? Infinity : Math.max(20, Math.min(output.columns, 160) - head.length - 2)
      const detail = data === undefined || data === null ? '' : shorten(JSON.stringify(data), space)
      return `${head}${detail === '' ? '' : `  ${style.dim(detail)}`}`.trimEnd() + '\n'
    })
    .join('')
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
