import { randomUUID } from 'node:crypto'
import { kebabCase, withoutSuffix } from '@rgen/grammar'
import type { Restack } from '@rgen/engine'
import { awaitResult, parseTimeout, tellStillRunning } from '../client/await-result.ts'
import { findRunnable, type Runnable } from '../client/find-resource.ts'
import { withClient } from '../client/open-client.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import { listenForInterrupt } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { readInput } from '../json-input.ts'

export const command = defineCommand({
  description:
    'Starts an agent or a workflow in the running service and waits for its result, which goes to standard output as JSON. Everything else goes to standard error. The run does not depend on this terminal: Ctrl+C ends the waiting, not the run.',
  arguments: [
    { name: 'Name', description: 'The agent or workflow, in any spelling.', required: true },
    { name: 'input', description: 'Its input, as JSON.', required: false },
  ],
  options: {
    id: {
      type: 'string',
      value: '<id>',
      description: 'The id of the run, by which it is found again. Made up unless given.',
    },
    wait: { type: 'boolean', default: true, description: 'Only start it.' },
    timeout: {
      type: 'string',
      value: '<duration>',
      description: 'Wait no longer than this: 30s, 2m, "1 hour".',
    },
    inputFile: {
      type: 'string',
      value: '<file>',
      description: 'Read the input from a file; - is standard input.',
    },
    json: { type: 'boolean', description: 'Print { id, runId, name, result } instead of the result alone.' },
  },
  examples: [
    { command: `rgen run Research '{"topic": "lighthouses"}'`, note: 'Run the agent and print its answer.' },
    {
      command: `rgen run Research '{"topic": "whales"}' | jq .analysis`,
      note: 'Only the result goes to standard output.',
    },
    {
      command: 'rgen run EmailCampaign --input-file campaign.json --id spring --no-wait',
      note: 'Start it under a known id.',
    },
    { command: 'rgen result spring', note: 'Fetch what it came to, whenever that is.' },
  ],
  async run({ arguments: [name = '', text], options, io }) {
    const input = await readInput({ text, name: '<input>' }, options.inputFile, io)
    const limitMs = parseTimeout(options.timeout)
    return withClient(io, async (client) => {
      const runnable = findRunnable(name, await client.registrations())
      const id = options.id ?? makeId(runnable)
      const interrupt = listenForInterrupt(io)
      const runId = await start(client, runnable, id, input)
      const started = { id, runId, name: runnable.name }
      tellStarted(started, io)
      if (!options.wait) {
        if (options.json) printValue(started, io)
        return 0
      }
      const waited = await awaitResult(client, { id, runId }, limitMs, io, interrupt)
      if (waited.kind === 'interrupted') {
        tellStillRunning(id, io)
        return 130
      }
      printValue(options.json ? { ...started, result: waited.result } : waited.result, io)
      return 0
    })
  },
})

/** Short enough to be typed: `research-3fa9c1`. */
function makeId({ name, kind }: Runnable): string {
  return `${kebabCase(withoutSuffix(name, kind))}-${randomUUID().slice(0, 6)}`
}

async function start(client: Restack, runnable: Runnable, id: string, input: unknown): Promise<string> {
  const { name, kind, taskQueue } = runnable
  const options = { taskQueue, ...(input === undefined ? {} : { input }) }
  return kind === 'agent'
    ? client.scheduleAgent({ agentName: name, agentId: id, ...options })
    : client.scheduleWorkflow({ workflowName: name, workflowId: id, ...options })
}

/** The id comes first, so that the run can be found again whatever happens to this terminal. */
function tellStarted(started: { id: string; runId: string; name: string }, { stderr }: Io): void {
  const { style } = stderr
  stderr.write(
    `${style.green('▸')} ${started.name} ${style.bold(started.id)} ${style.dim(`run ${started.runId}`)}\n`,
  )
}
