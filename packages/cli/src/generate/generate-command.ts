import {
  applyPlan,
  decideConflicts,
  flagsOf,
  loadContext,
  readProject,
  writesSomething,
  type FilePlan,
  type Flag,
  type Generator,
} from '@rgen/plop'
import { UsageError } from '../cli-error.ts'
import type { Argument, Command, Option, OptionTable, OptionValues } from '../command.ts'
import { flagName } from '../flag-name.ts'
import type { Io } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'
import { askAboutConflict, askForAnswers } from './ask.ts'
import { plannerDefaults } from './planner-defaults.ts'
import { planAsJson, printPlan } from './print-plan.ts'

/** What every generator takes besides its own request. */
const commonOptions = {
  dryRun: {
    type: 'optional-string',
    choices: ['minimal', 'diff'],
    default: 'minimal',
    description: 'Show what would be written, and write nothing.',
  },
  force: { type: 'boolean', description: 'Overwrite files that exist with other content.' },
  yes: { type: 'boolean', short: 'y', description: 'Ask nothing: take the default of what is not given.' },
  noInput: { type: 'boolean', description: 'Ask nothing, as --yes does; so does RGEN_NO_INPUT=1.' },
  json: { type: 'boolean', description: 'Print the plan as JSON.' },
} as const satisfies OptionTable

type CommonValues = OptionValues<typeof commonOptions>

/** What is asked of a generator, as far as it was given. */
export type Answers = Readonly<Record<string, unknown>>

/** A generator as a command: its request's schema gives the arguments, the flags, their descriptions and defaults. */
export function generateCommand(generator: Generator): Command {
  const flags = flagsOf(generator.request, generator.positional)
  return {
    description: `${generator.summary}. Everything is planned before anything is written, and a file of yours that differs is not overwritten unasked.`,
    arguments: generator.positional.map((key) => argumentOf(generator, key)),
    asksForMissing: true,
    options: { ...Object.fromEntries(flags.map((flag) => [flag.key, optionOf(flag)])), ...commonOptions },
    examples: generator.examples,
    afterFailure: 'nothing was written',
    async run({ arguments: positional, options, io }) {
      const common = options as unknown as CommonValues
      const { root } = findProject(io.cwd)
      const project = await readProject(root)
      const context = loadContext(await plannerDefaults(root, projectEnv(root, io.env)))
      const mayAsk = io.isInteractive && !common.yes && !common.noInput && !common.json
      const given = answersOf(generator, flags, positional, options)
      const answers = await complete(generator, given, mayAsk, io)
      const plan = generator.plan(answers, project, context)
      return carryOut(plan, root, common, mayAsk, io)
    },
  }
}

function argumentOf(generator: Generator, key: string): Argument {
  const type = generator.request.shape[key] as { description?: string; isOptional(): boolean } | undefined
  return { name: key, description: type?.description ?? '', required: type?.isOptional() !== true }
}

function optionOf({ type, choices, description, default: byDefault }: Flag): Option {
  const value = { description, ...(choices && { choices }) }
  if (type === 'boolean') return { ...value, type, default: byDefault === true }
  if (type === 'list') return { ...value, type: 'string', repeatable: true, value: '<a,b>' }
  return {
    ...value,
    type,
    ...(typeof byDefault === 'string' || typeof byDefault === 'number' ? { default: byDefault } : {}),
  }
}

function answersOf(
  generator: Generator,
  flags: readonly Flag[],
  positional: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Answers {
  const words = generator.positional.map((key, index) => [key, positional[index]] as const)
  const written = flags.map(({ key }) => [key, options[key]] as const)
  return Object.fromEntries([...words, ...written].filter(([, value]) => value !== undefined))
}

/**
 * Adds what is missing: by asking, when somebody is there.
 *
 * @throws {UsageError} CLI_MISSING_ANSWER naming every argument and flag that is missing.
 */
async function complete(generator: Generator, given: Answers, mayAsk: boolean, io: Io): Promise<Answers> {
  const missing = Object.entries(generator.request.shape)
    .filter(([key, type]) => given[key] === undefined && !(type as { isOptional(): boolean }).isOptional())
    .map(([key]) => key)
  if (missing.length === 0) return given
  if (mayAsk) return { ...given, ...(await askForAnswers(generator, missing, io)) }
  const names = missing.map((key) => (generator.positional.includes(key) ? `<${key}>` : `--${flagName(key)}`))
  throw new UsageError(
    'CLI_MISSING_ANSWER',
    `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} missing`,
    {
      hint: `For example: ${generator.examples[0]?.command ?? `rgen g ${generator.name} --help`}`,
    },
  )
}

/** Shows the plan, or decides its conflicts and writes it. */
async function carryOut(
  planned: FilePlan,
  root: string,
  options: CommonValues,
  mayAsk: boolean,
  io: Io,
): Promise<number> {
  if (options.dryRun) {
    const detail = options.dryRun === 'diff' ? 'diff' : 'minimal'
    if (options.json) io.stdout.write(planAsJson(planned, { written: false }))
    else io.stdout.write(printPlan(planned, { detail, io, written: false }))
    return 0
  }
  const onConflict = options.force ? 'overwrite' : mayAsk ? 'ask' : 'fail'
  const plan = await decideConflicts(planned, onConflict, (conflict, show) =>
    askAboutConflict(conflict, show, io),
  )
  await applyPlan(plan, root)
  const written = writesSomething(plan)
  if (options.json) io.stdout.write(planAsJson(plan, { written }))
  else io.stdout.write(printPlan(plan, { detail: 'minimal', io, written }))
  return 0
}
