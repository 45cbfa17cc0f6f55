import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '@rgen/runtime'
import { reportOf, type Problem } from '../error-report.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface ConfigurationFile {
  readonly file: string
  /** Reads and checks the file as the service does, and answers what is worth knowing. */
  readonly read: (root: string, env: Environment) => Promise<string>
}

// Each reader is imported with its check: `rgen doctor` says what the service would say.
const files: readonly ConfigurationFile[] = [
  {
    file: 'config/settings.yaml',
    async read(root, env) {
      const { loadSettings } = await import('@rgen/runtime/settings')
      loadSettings({ root, env })
      return ''
    },
  },
  {
    file: 'config/llm_router.yaml',
    async read(root, env) {
      const { resolveRouterConfig } = await import('@rgen/runtime/llm')
      resolveRouterConfig(root, env)
      return ''
    },
  },
  {
    file: 'config/tools.yaml',
    async read(root, env) {
      const { loadToolSettings } = await import('@rgen/runtime/tools')
      return loadToolSettings(root, env)
        .servers.map(({ name }) => name)
        .join(', ')
    },
  },
]

/** Can every configuration file be read? Each problem is a finding with its place; values are never shown. */
export async function checkConfiguration(root: string, env: Environment): Promise<readonly Check[]> {
  const checks = await Promise.all(
    files.filter(({ file }) => existsSync(join(root, file))).map((each) => checkFile(each, root, env)),
  )
  return [...checks.flat(), ...checkSecrets(root)]
}

async function checkFile(
  { file, read }: ConfigurationFile,
  root: string,
  env: Environment,
): Promise<readonly Check[]> {
  try {
    return [{ area: 'Configuration', name: file, status: 'ok', detail: await read(root, env) }]
  } catch (error) {
    const { problems } = await reportOf(error)
    return problems.map((problem) => problemCheck(file, problem))
  }
}

function problemCheck(file: string, { message, location, hint }: Problem): Check {
  const place = location && location.line > 0 ? `${location.name}:${location.line}:${location.column}` : file
  return {
    area: 'Configuration',
    name: place,
    status: 'fail',
    detail: message,
    fix: hint ?? `Correct ${place}.`,
  }
}

/** A .env holds keys: it must never reach a repository. */
function checkSecrets(root: string): readonly Check[] {
  if (!existsSync(join(root, '.env'))) return []
  const ignored = join(root, '.gitignore')
  const lines = existsSync(ignored) ? readFileSync(ignored, 'utf8').split(/\r?\n/) : []
  const check = { area: 'Configuration', name: '.env' }
  return lines.some((line) => /^\/?\.env\*?$/.test(line.trim()))
    ? [{ ...check, status: 'ok', detail: 'kept out of git' }]
    : [
        {
          ...check,
          status: 'warn',
          detail: 'is not in .gitignore: keys could be committed',
          fix: "echo '.env' >> .gitignore",
        },
      ]
}
