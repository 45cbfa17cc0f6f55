import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Check } from '@rgen/runtime'
import { findMistake } from '../service/source-mistake.ts'

const folders = ['agents', 'workflows', 'functions'] as const
const area = 'Imports'

/**
 * Do the indexes name the files that are there, and can each be imported? What an index does not export, the service
 * does not know.
 */
export async function checkImports(root: string): Promise<readonly Check[]> {
  const checks = await Promise.all(
    folders
      .map((folder) => `src/${folder}/index.ts`)
      .filter((index) => existsSync(join(root, index)))
      .map(async (index) => {
        const listed = compareIndex(root, index)
        return listed.some(({ status }) => status === 'fail')
          ? listed
          : [await importIndex(root, index), ...listed]
      }),
  )
  return checks.flat()
}

/** `export { researchAgent } from "./research.ts"`, and the same for types or with `as`. */
const exportLine = /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+["']\.\/([^"']+)["']/gm

function compareIndex(root: string, index: string): Check[] {
  const folder = join(root, index, '..')
  const text = readFileSync(join(root, index), 'utf8')
  const named = [...text.matchAll(exportLine)].map(([, file = '']) => file)
  const gone = named.filter(
    (file) => !existsSync(join(folder, file)) && !existsSync(join(folder, `${file}.ts`)),
  )
  const forgotten = readdirSync(folder).filter(
    (file) => isResource(file) && !named.includes(file) && exportsSomething(join(folder, file)),
  )
  return [
    ...gone.map((file): Check => ({
      area,
      name: index,
      status: 'fail',
      detail: `exports from ./${file}, which does not exist`,
      fix: `Remove the line with "./${file}" from ${index}, or bring the file back.`,
    })),
    ...forgotten.map((file): Check => ({
      area,
      name: index,
      status: 'warn',
      detail: `does not export anything of ./${file}, so the service does not know it`,
      fix: `Add to ${index}:  export { … } from "./${file}";`,
    })),
  ]
}

/** `blog.rules.ts` and `blog.models.ts` are parts of `blog.ts`; tests and types register nothing. */
function isResource(file: string): boolean {
  return /^[^.]+\.ts$/.test(file) && file !== 'index.ts'
}

function exportsSomething(file: string): boolean {
  return /^export\s+(?:async\s+)?(?:function|const)\b/m.test(readFileSync(file, 'utf8'))
}

async function importIndex(root: string, index: string): Promise<Check> {
  const url = pathToFileURL(join(root, index)).href
  const script = `const names = Object.keys(await import(${JSON.stringify(url)})); console.log(JSON.stringify(names)); process.exit(0)`
  const { failed, stdout, stderr } = await runNode(
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    root,
  )
  if (!failed) {
    const names = JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[]
    return { area, name: index, status: 'ok', detail: names.length > 0 ? names.join(', ') : 'nothing yet' }
  }
  const mistake = findMistake(stderr.split('\n'), root)
  const place = mistake
    ? ` at ${mistake.location.name}:${mistake.location.line}:${mistake.location.column}`
    : ''
  const message = mistake?.message ?? /^\w*Error.*$/m.exec(stderr)?.[0] ?? 'it ended with an error'
  return {
    area,
    name: index,
    status: 'fail',
    detail: `cannot be imported: ${message}${place}`,
    fix: mistake ? `Repair ${mistake.location.name}.` : `See more: node --import tsx ${index}`,
  }
}

async function runNode(args: readonly string[], cwd: string) {
  return new Promise<{ failed: boolean; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, stderr }),
    )
  })
}
