import type { Ask, PromptTestResult } from '@rgen/runtime/prompts'
import { UsageError } from '../../cli-error.ts'
import { defineCommand } from '../../command.ts'
import type { Io } from '../../io.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description:
    'Tries a prompt against the cases of prompts/<name>/tests.yaml: with recorded answers, or with --live through the LLM router of the project. Two versions are shown side by side.',
  arguments: [{ name: 'name', description: "The prompt's name.", required: true }],
  options: {
    version: {
      type: 'string',
      value: '<version>',
      repeatable: true,
      description: 'A version, a range or a label; give two to compare. The latest unless given.',
    },
    live: { type: 'boolean', description: 'Ask the model.' },
    record: { type: 'boolean', description: 'With --live: keep the answers for runs without a network.' },
    json: { type: 'boolean', description: 'Print the results as JSON.' },
  },
  examples: [
    { command: 'rgen prompts test analyze-research', note: 'The latest version, with recorded answers.' },
    {
      command: 'rgen prompts test analyze-research --live --record',
      note: 'Ask the model, and keep what it says.',
    },
    {
      command: 'rgen prompts test analyze-research --version 1.0.0,1.1.0',
      note: 'Two versions side by side.',
    },
  ],
  async run({ arguments: [name = ''], options, io }) {
    if (options.record && !options.live) throw new UsageError('CLI_INVALID_VALUE', '--record needs --live')
    const { root } = findProject(io.cwd)
    const env = projectEnv(root, io.env)
    const { askRecordings, askAndRecord, loadPrompts, loadPromptTests, runPromptTests } =
      await import('@rgen/runtime/prompts')
    const prompts = loadPrompts(root, { mode: 'development', env })
    const versions = options.version.length === 0 ? [undefined] : options.version
    for (const version of versions) prompts.resolve(name, version)
    const cases = loadPromptTests(root, name)
    const run = (ask: Ask) => runPromptTests({ prompts, name, versions, cases, ask })
    const results = options.live
      ? await withRouter(root, env, (ask) =>
          run(options.record ? askAndRecord(root, name, ask, () => new Date()) : ask),
        )
      : await run(askRecordings(root, name))
    if (options.json) io.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    else print(results, io)
    return results.every(({ status }) => status === 'passed') ? 0 : 1
  },
})

async function withRouter<T>(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { loadRouter } = await import('@rgen/runtime/llm')
  const router = loadRouter(root, { env })
  try {
    return await use(async ({ messages, settings }) => {
      const { content, provider, model, costUsd } = await router.chat({ messages, ...settings })
      return { content, provider, model, costUsd }
    })
  } finally {
    await router.close()
  }
}

function print(results: readonly PromptTestResult[], io: Io): void {
  const { style } = io.stdout
  const marks = { passed: style.green('✔'), failed: style.red('✖'), unrecorded: style.yellow('?') }
  const several = new Set(results.map(({ version }) => version)).size > 1
  let test = ''
  for (const result of results) {
    if (several && result.test !== test) io.stdout.write(`${result.test}\n`)
    test = result.test
    const cost = result.costUsd == null ? '' : `, $${result.costUsd.toFixed(6)}`
    const facts = result.model === undefined ? '' : style.dim(`  ${result.model}${cost}`)
    io.stdout.write(
      `${several ? '  ' : ''}${marks[result.status]} ${several ? result.version : result.test}${facts}\n`,
    )
    for (const failure of result.failures) io.stdout.write(`      ${failure}\n`)
    if (result.status === 'unrecorded')
      io.stdout.write('      no answer is recorded: run with --live --record\n')
  }
  const count = (status: PromptTestResult['status']) =>
    results.filter((result) => result.status === status).length
  const unrecorded = count('unrecorded')
  io.stdout.write(
    `${count('passed')} passed, ${count('failed')} failed${unrecorded > 0 ? `, ${unrecorded} without an answer` : ''}\n`,
  )
}
