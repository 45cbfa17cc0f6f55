import {
  applyPlan,
  decideConflicts,
  flagsOf,
  loadContext,
  mayAsk,
  readProject,
  writesSomething,
  type Answers,
  type FilePlan,
  type Flag,
  type Generator,
  type GeneratorContext,
  type ProjectSnapshot,
} from '@rgen/plop'
import { UsageError } from '../cli-error.ts'
import type { Argument, Command, Option, OptionTable, OptionValues } from '../command.ts'
import { flagName } from '../flag-name.ts'
import type { Io } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'
import { plannerDefaults } from './planner-defaults.ts'
import { planAsJson, printPlan, printWarnings } from './print-plan.ts'
import { askForAnswers, confirmPicture, terminalQuestions, type Questions } from './questions.ts'

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

/**
 * A generator as a command: its request's schema gives the arguments, the flags, their descriptions and defaults.
 *
 * @param connect Reaches whoever answers questions.
 */
export function generateCommand(
  generator: Generator,
  connect: () => Promise<Questions> = terminalQuestions,
): Command {
  const flags = flagsOf(generator.request, generator.positional)
  return {
    description: `${generator.summary}. Everything is planned before anything is written, and a file of yours that differs is not overwritten unasked.`,
    arguments: generator.positional.map((key) => argumentOf(generator, key)),
    asksForMissing: true,
    options: { ...Object.fromEntries(flags.map((flag) => [flag.key, optionOf(flag)])), ...commonOptions },
    examples: generator.examples,
    afterFailure: 'nothing was written',
    async run({ arguments: positional, options, written, io }) {
      const common = options as unknown as CommonValues
      const { root } = findProject(io.cwd)
      const project = await readProject(root)
      const context = await contextFor(generator.name, await plannerDefaults(root, projectEnv(root, io.env)))
      const { env, stdinIsTerminal } = io
      const situation = {
        env,
        stdinIsTerminal,
        stdoutIsTerminal: io.stdout.isTTY,
        yes: common.yes,
        noInput: common.noInput,
      }
      const questions = mayAsk(situation) && !common.json ? await connect() : undefined

      const given: Answers = Object.fromEntries<unknown>([
        ...positional.map((word, index) => [generator.positional[index] ?? '', word] as const),
        ...flags.filter(({ key }) => written.has(key)).map(({ key }) => [key, options[key]] as const),
      ])
      const answers = await completed(generator, given, project, questions)
      const plan = generator.plan(answers, project, context)
      if (!common.json) io.stderr.write(printWarnings(plan, io))
      if (questions && answers !== given && !common.dryRun) await confirmPicture(plan, answers, questions, io)
      return carryOut(plan, root, common, questions, io)
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

/**
 * The answers, with what is missing added: by asking, when somebody is there. Who has given everything is not asked.
 *
 * @throws {UsageError} CLI_MISSING_ANSWER naming every argument and flag that is missing.
 */
async function completed(
  generator: Generator,
  given: Answers,
  project: ProjectSnapshot,
  questions: Questions | undefined,
): Promise<Answers> {
  const isMissing = (answers: Answers) =>
    Object.entries(generator.request.shape)
      .filter(
        ([key, type]) => answers[key] === undefined && !(type as { isOptional(): boolean }).isOptional(),
      )
      .map(([key]) => key)
  if (isMissing(given).length === 0) return given
  const answers = questions ? await askForAnswers(generator.name, given, project, questions) : given
  const missing = isMissing(answers)
  if (missing.length === 0) return answers
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
  questions: Questions | undefined,
  io: Io,
): Promise<number> {
  if (options.dryRun) {
    const detail = options.dryRun === 'diff' ? 'diff' : 'minimal'
    if (options.json) io.stdout.write(planAsJson(planned, { written: false }))
    else io.stdout.write(printPlan(planned, { detail, io, end: 'kept' }))
    return 0
  }
  const onConflict = options.force ? 'overwrite' : questions ? 'ask' : 'fail'
  const plan = await decideConflicts(planned, onConflict, questions?.conflict)
  await applyPlan(plan, root)
  const written = writesSomething(plan)
  if (options.json) io.stdout.write(planAsJson(plan, { written }))
  else io.stdout.write(printPlan(plan, { detail: 'minimal', io, end: written ? 'written' : 'kept' }))
  return 0
}

/** The router's package, which knows what Kong must hold, is loaded for the one generator that asks it. */
async function contextFor(
  generator: string,
  defaults: Parameters<typeof loadContext>[0],
): Promise<GeneratorContext> {
  const context = loadContext(defaults)
  if (generator !== 'llm-config') return context
  const { renderKongYaml } = await import('@rgen/runtime/llm')
  return { ...context, renderKong: renderKongYaml }
}
