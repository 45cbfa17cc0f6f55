import type { ListFilter, RunStatus, RunSummary } from '@rgen/engine'
import { withClient } from '../client/open-client.ts'
import { printElapsed, printTime } from '../client/print-time.ts'
import { printTable } from '../client/table.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../io.ts'
import { sameRunName } from '../client/find-resource.ts'

const statuses = [
  'running',
  'suspended',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'continued-as-new',
] as const satisfies readonly RunStatus[]

export const command = defineCommand({
  description: 'Lists runs, the newest first.',
  options: {
    status: { type: 'string', choices: statuses, description: 'Only runs that stand there.' },
    kind: { type: 'string', choices: ['agent', 'workflow'], description: 'Only agents, or only workflows.' },
    type: {
      type: 'string',
      value: '<Name>',
      description: 'Only runs of this agent or workflow, in any spelling.',
    },
    id: {
      type: 'string',
      value: '<id>',
      description: 'Only this id; research-* is every id that begins so.',
    },
    limit: { type: 'integer', value: '<number>', default: 20, description: 'At most so many.' },
    json: { type: 'boolean', description: 'Print the runs as a JSON array.' },
  },
  examples: [
    { command: 'rgen list', note: 'The last runs.' },
    { command: 'rgen list --status running --type Research', note: 'What that agent does at the moment.' },
    { command: 'rgen list --status failed --limit 100 --json', note: 'For a script.' },
  ],
  async run({ options, io }) {
    return withClient(io, async (client) => {
      const filter = {
        limit: options.limit,
        ...(options.id && { id: options.id }),
        ...(options.kind && { kind: options.kind as 'agent' | 'workflow' }),
        ...(options.status && { status: options.status as RunStatus }),
        ...(options.type && { type: await exactType(options.type, () => client.registrations()) }),
      } satisfies ListFilter
      const runs = await client.list(filter)
      if (options.json) printValue(runs, io)
      else if (runs.length === 0) io.stderr.write('No runs.\n')
      else io.stdout.write(printRuns(runs, io.stdout))
      return 0
    })
  },
})

type Registrations = Parameters<typeof sameRunName>[1]

/** The name as registered; one that nothing is registered under is taken as it is, and finds nothing. */
async function exactType(written: string, registrations: () => Promise<Registrations>): Promise<string> {
  return sameRunName(written, await registrations()) ?? written
}

function printRuns(runs: readonly RunSummary[], output: Output): string {
  const rows = runs.map((run) => [
    run.id,
    run.type,
    run.status,
    printTime(run.startedAt),
    printElapsed((run.closedAt ?? new Date()).getTime() - run.startedAt.getTime()),
    String(run.historyLength),
  ])
  return printTable(['ID', 'NAME', 'STATUS', 'STARTED', 'TIME', 'EVENTS'], rows, output)
}
