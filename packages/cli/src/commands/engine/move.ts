import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CliError } from '../../cli-error.ts'
import { defineCommand } from '../../command.ts'
import type { Output } from '../../io.ts'
import { findProject, projectEnv } from '../../project.ts'
import { startServiceProcess } from '../../service/service-process.ts'

/** What @rgen/temporal reports. */
interface Report {
  readonly schedules: readonly string[]
  readonly runs: readonly { readonly id: string; readonly type: string; readonly events: number }[]
  readonly left: readonly { readonly id: string; readonly type: string }[]
}

/** What the drained service leaves behind. */
interface Answer {
  readonly report?: Report
  readonly error?: { readonly message: string; readonly code?: string; readonly hint?: string }
}

export const command = defineCommand({
  description:
    'Drains the embedded engine onto Temporal: schedules are recreated there, agents go over when they next continue as new, with the events that nobody has handled yet. Stop the service of the project first. Can be run again, until nothing is left.',
  options: {
    to: { type: 'string', choices: ['temporal'], default: 'temporal', description: 'Where to.' },
    address: {
      type: 'string',
      value: '<host:port>',
      description: 'The server. Unless given: engine.address of the settings, or its variables.',
    },
    namespace: {
      type: 'string',
      description: 'The namespace on the server. Unless given: engine.namespace of the settings.',
    },
    wait: {
      type: 'integer',
      value: '<seconds>',
      default: 30,
      description: 'How long agents under way may take to reach their next continue-as-new.',
    },
    json: { type: 'boolean', description: 'Print the report as JSON.' },
  },
  examples: [
    {
      command: 'rgen engine move --to temporal --address temporal:7233',
      note: 'Says what moved and what is left; exit code 1 while something is left.',
    },
    {
      command: 'rgen engine move --wait 600',
      note: 'Gives agents ten minutes to come to a place where they can go over.',
    },
  ],
  afterFailure: 'what was moved before stays moved; run the command again',
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const env = projectEnv(root, io.env)
    const target = await moveTarget(root, env, options)
    const folder = mkdtempSync(join(tmpdir(), 'rgen-move-'))
    try {
      const reportFile = join(folder, 'report.json')
      const lines: string[] = []
      const service = startServiceProcess({
        root,
        entry: join(root, 'server', 'service.ts'),
        env: {
          ...env,
          // The service runs on the embedded engine, whatever the settings say; they say where to.
          RGEN_ENGINE_DRIVER: 'embedded',
          RGEN_MOVE_TO: JSON.stringify(target),
          NODE_OPTIONS: `${env['NODE_OPTIONS'] ?? ''} --import=${drainModule(root)}`.trim(),
          RGEN_MOVE_REPORT: reportFile,
          RGEN_MOVE_WAIT_MS: String(options.wait * 1_000),
        },
        onLine: (line) => lines.push(line),
      })
      await service.exited
      const answer = readAnswer(reportFile)
      if (answer?.error !== undefined) throw Object.assign(new Error(answer.error.message), answer.error)
      if (answer?.report === undefined) throw notMoved(lines)
      const { report } = answer
      io.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report, io.stdout))
      return report.left.length === 0 ? 0 : 1
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
})

type Environment = Readonly<Record<string, string | undefined>>

/** The engine that the settings name, as @rgen/temporal takes it: address, names, TLS, keys. */
async function moveTarget(
  root: string,
  env: Environment,
  options: { readonly address: string | undefined; readonly namespace: string | undefined },
): Promise<object> {
  const { explainSettings, loadSettings } = await import('@rgen/runtime/settings')
  const flags = { 'engine.address': options.address, 'engine.namespace': options.namespace }
  const request = { root, env, flags }
  const address = explainSettings(request).find(({ name }) => name === 'engine.address')
  if (address?.source === 'default') {
    throw new CliError('CLI_MISSING_VALUE', 'Which server? --address is not given', {
      hint: 'Give it (`--address temporal:7233`), or set engine.address in config/settings.yaml, TEMPORAL_ADDRESS or RESTACK_ENGINE_ADDRESS.',
    })
  }
  return { ...loadSettings(request).engine, root }
}

/** The part of the project's @rgen/temporal that is loaded into its service. */
function drainModule(root: string): string {
  try {
    return pathToFileURL(createRequire(join(root, 'package.json')).resolve('@rgen/temporal/drain-service'))
      .href
  } catch (cause) {
    throw new CliError('CLI_NOT_INSTALLED', 'Moving to Temporal needs the package @rgen/temporal', {
      hint: 'Add it: pnpm add @rgen/temporal (or npm install @rgen/temporal).',
      cause,
    })
  }
}

function readAnswer(file: string): Answer | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Answer
  } catch {
    return undefined
  }
}

function notMoved(lines: readonly string[]): Error {
  const last = lines.slice(-5).join('\n')
  return Object.assign(new Error(`The service of the project ended before anything was moved:\n${last}`), {
    code: 'TEMPORAL_MOVE',
    hint: 'Does `rgen start` work? Stop every other process of the project, then try again.',
  })
}

function printReport({ schedules, runs, left }: Report, { style }: Output): string {
  const lines = [
    ...schedules.map((id) => `${style.green('✓')} schedule ${id}`),
    ...runs.map(
      ({ id, type, events }) =>
        `${style.green('✓')} ${type} ${id}${events > 0 ? `, with ${events} events` : ''}`,
    ),
    ...left.map(({ id, type }) => `- left: ${type} ${id} is under way`),
    left.length === 0
      ? 'Nothing is left on the embedded engine.'
      : `Moved what could be moved; ${left.length} left. Run it again.`,
  ]
  return `${lines.join('\n')}\n`
}
