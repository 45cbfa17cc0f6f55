import type { RunDescription } from '@rgen/engine'
import { withClient } from '../client/open-client.ts'
import { printElapsed, printTime } from '../client/print-time.ts'
import { printValue } from '../client/print-result.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../io.ts'

export const command = defineCommand({
  description:
    'Tells where a run stands: its status, the steps and children it waits for, and why it is held up.',
  arguments: [{ name: 'id', description: 'The id of the run.', required: true }],
  options: {
    runId: { type: 'string', value: '<run>', description: 'Exactly this run, when several had the id.' },
    json: { type: 'boolean', description: 'Print it as JSON.' },
  },
  examples: [{ command: 'rgen describe research-3fa9c1', note: 'What does it wait for?' }],
  async run({ arguments: [id = ''], options, io }) {
    return withClient(
      io,
      async (client) => {
        const run = await client.describe({ id, ...(options.runId && { runId: options.runId }) })
        if (options.json) printValue(run, io)
        else io.stdout.write(printDescription(run, io.stdout))
        return 0
      },
      id,
    )
  },
})

/** A run on a few lines, what is pending below it. */
export function printDescription(run: RunDescription, { style }: Output): string {
  const elapsedMs = (run.closedAt ?? new Date()).getTime() - run.startedAt.getTime()
  const rows: readonly (readonly [string, string])[] = [
    ['run', run.runId],
    ['status', run.status],
    ['queue', run.taskQueue],
    [
      'started',
      `${printTime(run.startedAt)} ${style.dim(`${run.closedAt ? 'took' : 'for'} ${printElapsed(elapsedMs)}`)}`,
    ],
    ['history', `${run.historyLength} events, ${run.historySize} bytes`],
    ...(run.parent ? [['parent', run.parent.id] as const] : []),
    ...(run.pendingEvents > 0 ? [['inbox', `${run.pendingEvents} events not handled yet`] as const] : []),
  ]
  const pending = run.pendingSteps.map(({ name, state, attempt, lastFailure }) => {
    const tries = attempt > 1 ? ` attempt ${attempt}` : ''
    return `  ${style.yellow('…')} ${name} ${style.dim(state + tries)}${lastFailure ? `\n      ${style.red(lastFailure)}` : ''}\n`
  })
  const children = run.pendingChildren.map(({ id }) => `  ${style.yellow('…')} child ${id}\n`)
  const fault = run.fault
    ? `\n${style.red('✖')} ${run.fault.message}\n  ${style.dim(`${run.fault.code} · tried again at ${printTime(run.fault.retryAt)}`)}\n`
    : ''
  return [
    `${style.bold(run.id)} ${run.type}\n`,
    ...rows.map(([name, value]) => `  ${style.dim(name.padEnd(8))} ${value}\n`),
    ...pending,
    ...children,
    fault,
  ].join('')
}
