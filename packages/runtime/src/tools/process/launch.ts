import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProcessSettings } from '../config/schema.ts'
import { ToolError } from '../errors.ts'

/** A program to run, with everything it gets. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** For people: the command without the values of variables. */
  readonly shown: string
}

/** What a program needs to run at all. Everything else is named in `env` or `envAllow`. */
const essential =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'COMSPEC',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PATHEXT',
        'PROGRAMDATA',
        'PROGRAMFILES',
        'SYSTEMDRIVE',
        'SYSTEMROOT',
        'TEMP',
        'TMP',
        'USERNAME',
        'USERPROFILE',
        'WINDIR',
      ]
    : ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER']

/**
 * Decides what to run for a server: a module of the project by this Node (through tsx when it is TypeScript), a
 * command as it is written.
 *
 * @throws {ToolError} `TOOL_UNAVAILABLE` when the module, its folder or tsx is missing.
 */
export function planLaunch(
  settings: ProcessSettings,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Launch {
  const cwd = resolve(root, settings.cwd)
  if (!existsSync(cwd))
    throw new ToolError('TOOL_UNAVAILABLE', `The folder ${settings.cwd} does not exist.`, {
      hint: 'Correct cwd.',
    })
  const { run } = settings
  const program = run.kind === 'command' ? commandOf(run, root) : moduleOf(run, root)
  return {
    ...program,
    cwd,
    env: environment(settings, env),
    shown: run.kind === 'command' ? [run.command, ...run.args].join(' ') : run.module,
  }
}

function commandOf(run: { command: string; args: readonly string[] }, root: string) {
  // A path is relative to the project, a bare name is looked up in PATH.
  const path = /[/\\]/u.test(run.command) && !isAbsolute(run.command) ? join(root, run.command) : run.command
  return { command: path, args: run.args }
}

function moduleOf(run: { module: string; args: readonly string[] }, root: string) {
  const file = resolve(root, run.module)
  if (!existsSync(file))
    throw new ToolError('TOOL_UNAVAILABLE', `The module ${run.module} does not exist.`, {
      hint: 'Correct module in config/tools.yaml, or generate it with rgen g tool-server.',
    })
  const loader = /\.[cm]?tsx?$/u.test(file) ? ['--import', tsxFrom(root)] : []
  return { command: process.execPath, args: [...loader, file, ...run.args] }
}

function tsxFrom(root: string): string {
  try {
    return pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href
  } catch (error) {
    throw new ToolError('TOOL_UNAVAILABLE', 'tsx, which runs TypeScript modules, is not installed.', {
      hint: 'Install the dependencies of the project.',
      cause: error,
    })
  }
}

function environment(
  settings: ProcessSettings,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const name of [...essential, ...settings.envAllow]) {
    const value = env[name]
    // A shell function exported as a variable is code.
    if (value !== undefined && !value.startsWith('()')) passed[name] = value
  }
  return { ...passed, ...settings.env }
}
