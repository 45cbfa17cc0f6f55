import { join } from 'node:path'
import {
  collect,
  commandsOf,
  GenerateError,
  loadContext,
  mayAsk,
  planProject,
  projectFolder,
  projectQuestions,
  type Asker,
  type NextQuestion,
  type PackageManager,
  type ProjectRequest,
} from '@rgen/plop'
import { createProject } from './create-project.ts'
import { parseArguments, type CreateOptions } from './options.ts'
import { detectPackageManager } from './package-manager.ts'
import type { RunTool } from './run-tool.ts'

/** The world of one call. */
export interface World {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly ask: Asker
  readonly run: RunTool
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number
}

/** The exit code after Ctrl+C: ours, and that of a tool that ran meanwhile. */
const interrupted = 130

/** What `--json` prints. */
interface Result {
  readonly name: string
  readonly folder: string
  readonly start: string
  readonly packageManager: PackageManager
  readonly files: number
  readonly git: boolean
  readonly installed: boolean
  readonly next: readonly string[]
}

/**
 * Runs create-rgen.
 *
 * @returns the exit code: 0, 1 when something could not be done, 2 when the call is wrong, 130 after Ctrl+C.
 */
export async function main(args: readonly string[], world: World): Promise<number> {
  const json = args.includes('--json')
  try {
    const context = loadContext()
    const command = parseArguments(args, context.version)
    if (command.kind === 'print') {
      world.out(command.text)
      return 0
    }
    return await create(command.options, world)
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error
    if (json)
      world.out(
        `${JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint } })}\n`,
      )
    else world.err(printed(error))
    return exitCodeOf(error)
  }
}

function exitCodeOf({ code }: GenerateError): number {
  if (code === 'GEN_QUIT') return interrupted
  return code === 'GEN_REQUEST' || code === 'GEN_PROJECT_NAME' ? 2 : 1
}

async function create(options: CreateOptions, world: World): Promise<number> {
  const startedAt = world.now()
  const answers = await answersOf(options, world)
  const packageManager = (options.packageManager ??
    detectPackageManager(world.env.npm_config_user_agent)) as PackageManager
  const { install = options.install ?? true, ...asked } = answers
  const request = { ...asked, packageManager } as ProjectRequest
  const plan = planProject(request, loadContext())
  const folder = join(world.cwd, projectFolder(request.name))
  await createProject(plan, folder)
  world.err(`✔ ${request.name}: ${plan.changes.length} files\n`)

  const git = options.git && (await initialiseGit(folder, world))
  const installing = install === true && (await installDependencies(folder, packageManager, world))
  const installed = installing === 0
  const wantsMore = install === true && !installed
  const commands = commandsOf(packageManager)
  const next = [`cd ${projectFolder(request.name)}`, ...(installed ? [] : [commands.install]), ...plan.next]
  const result: Result = {
    name: request.name,
    folder,
    start: request.start ?? 'agent-with-tools',
    packageManager,
    files: plan.changes.length,
    git,
    installed,
    next,
  }
  if (options.json) world.out(`${JSON.stringify(result)}\n`)
  else {
    const took = `Ready in ${((world.now() - startedAt) / 1000).toFixed(1)} s. `
    const steps = next.map((line) => `  ${line}\n`).join('')
    world.out(`\n${wantsMore ? '' : took}Next:\n\n${steps}\n`)
  }
  if (!wantsMore) return 0
  return installing === interrupted ? interrupted : 1
}

/** What flags say, then what a person says, then the defaults. */
async function answersOf(options: CreateOptions, world: World): Promise<Readonly<Record<string, unknown>>> {
  const { name, start, tools, install } = options
  const given = { name, start, tools, install }
  if (mayAsk({ ...world, yes: options.yes, noInput: options.noInput }))
    return withoutUndefined(
      await collect(withoutUndefined(given), [...projectQuestions, installQuestion], world.ask),
    )
  if (name !== undefined || options.yes) return withoutUndefined({ ...given, name: name ?? 'my-agents' })
  throw new GenerateError('GEN_REQUEST', 'The project needs a name, and nobody is here to ask.', {
    hint: 'Give it: create-rgen my-agents. Or take all defaults with --yes.',
  })
}

const installQuestion: NextQuestion = () => ({
  type: 'yes-no',
  key: 'install',
  message: 'Install the dependencies now?',
  default: true,
})

function withoutUndefined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** A repository of its own, unless the folder already lies in one or there is no git. */
async function initialiseGit(folder: string, { run, err }: World): Promise<boolean> {
  const hidden = { cwd: folder, output: 'hide' } as const
  const inside = await run('git', ['rev-parse', '--is-inside-work-tree'], hidden)
  if (inside === undefined) {
    err('- git: not found, no repository made\n')
    return false
  }
  if (inside === 0) {
    err('- git: the folder lies in a repository already\n')
    return false
  }
  const init = ['init', '--quiet']
  // git before 2.28 does not know the flag.
  const made =
    (await run('git', [...init, '--initial-branch=main'], hidden)) === 0 ||
    (await run('git', init, hidden)) === 0
  err(made ? '✔ git: repository made\n' : '- git: "git init" failed, no repository made\n')
  return made
}

/** Answers how the package manager ended; undefined when it is not there. */
async function installDependencies(
  folder: string,
  packageManager: PackageManager,
  { run, err }: World,
): Promise<number | undefined> {
  err(`… ${packageManager} install\n`)
  const code = await run(packageManager, ['install'], { cwd: folder, output: 'show' })
  err(installMessage(packageManager, code))
  return code
}

function installMessage(packageManager: PackageManager, code: number | undefined): string {
  switch (code) {
    case 0:
      return '✔ dependencies installed\n'
    case undefined:
      return `✖ ${packageManager} was not found. The project is complete; install its dependencies yourself.\n`
    case interrupted:
      return `✖ ${packageManager} install was stopped. The project is complete; its dependencies are missing.\n`
    default:
      return `✖ ${packageManager} install failed. The project is complete; try again in its folder.\n`
  }
}

function printed(error: GenerateError): string {
  const hint = error.hint === undefined ? '' : `  ${error.hint}\n`
  const state = error.message.includes('Nothing was written') ? '' : ' · nothing was written'
  return `✖ ${error.message}\n${hint}  ${error.code}${state}\n`
}
