import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunHistory } from '@rgen/engine'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { parseJson } from '../json-input.ts'
import { findProject } from '../project.ts'
import { locationOf, replayInProject } from '../replay/replay-in-project.ts'

export const command = defineCommand({
  description:
    "Runs a recorded history against today's code and says whether it still does the same, or shows the first place where it does not. Runs no step and changes nothing: use it before a deploy, with histories of runs that are on their way.",
  arguments: [
    {
      name: 'run',
      description: 'The id of a run, or a file from `rgen history <id> --json`.',
      required: true,
    },
  ],
  options: {
    runId: { type: 'string', value: '<run>', description: 'Exactly this run, when several had the id.' },
    json: { type: 'boolean', description: 'Print the outcome as JSON.' },
  },
  examples: [
    { command: 'rgen replay research-3fa9c1', note: 'Would this run go on with the code as it is?' },
    { command: 'rgen replay run.json', note: 'A history that was kept, as a test.' },
  ],
  async run({ arguments: [wanted = ''], options, io }) {
    const { root } = findProject(io.cwd)
    const history = await readHistory(wanted, options.runId, io)
    const answer = await replayInProject(root, history)
    if (answer.kind === 'failed') {
      const location = locationOf(answer.source, root)
      // The place is shown with its line; the message repeats it.
      const message = location ? answer.message.replace(/\n {2}at .*$/, '') : answer.message
      throw Object.assign(new Error(message), { code: answer.code, hint: answer.hint, location })
    }
    const outcome = {
      id: history.id,
      runId: history.runId,
      name: history.type,
      events: answer.events,
      same: true,
    }
    if (options.json) printValue(outcome, io)
    else
      io.stdout.write(
        `${io.stdout.style.green('✓')} ${history.type} ${history.id} does the same today: ${answer.events} events.\n`,
      )
    return 0
  },
})

/** A file wins over a run of the same name: it was named with its path. */
async function readHistory(wanted: string, runId: string | undefined, io: Io): Promise<RunHistory> {
  const file = resolve(io.cwd, wanted)
  if (!existsSync(file)) {
    if (/[\\/]|\.json$/.test(wanted))
      throw new CliError('CLI_INVALID_VALUE', `There is no file ${wanted}`, {
        hint: 'Keep a history with `rgen history <id> --json > run.json`.',
      })
    return withClient(io, (client) => client.history({ id: wanted, ...(runId && { runId }) }), wanted)
  }
  const history = parseJson(readFileSync(file, 'utf8'), wanted)
  if (
    typeof history === 'object' &&
    history !== null &&
    'format' in history &&
    history.format === 'rgen-history-1'
  )
    return history as RunHistory
  throw new CliError('CLI_INVALID_VALUE', `${wanted} is no history of a run`, {
    hint: 'Keep one with `rgen history <id> --json > run.json`.',
  })
}
