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
  const indexes = folders
    .map((folder) => `src/${folder}/index.ts`)
    .filter((index) => existsSync(join(root, index)))
  const listed = new Map(indexes.map((index) => [index, compareIndex(root, index)]))
  const complete = indexes.filter((index) => !listed.get(index)?.some(({ status }) => status === 'fail'))
  const names = await importAll(root, complete)
  const imported = new Map<string, Check>()
  for (const index of complete) imported.set(index, await describeImport(root, index, names.get(index)))
  return indexes.flatMap((index) => [
    ...(imported.has(index) ? [imported.get(index) as Check] : []),
    ...(listed.get(index) ?? []),
  ])
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

/** The names that each index exports, read in one process for all of them; absent for one that cannot be imported. */
async function importAll(
  root: string,
  indexes: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (indexes.length === 0) return new Map()
  const lines = indexes.map(
    (index) => `await look(${JSON.stringify(index)}, ${JSON.stringify(urlOf(root, index))})`,
  )
  const script = `
    const found = []
    const look = (index, url) => import(url).then((module) => found.push([index, Object.keys(module)]), () => {})
    ${lines.join('\n')}
    console.log(JSON.stringify(found))
    process.exit(0)`
  const { failed, stdout } = await runNode(script, root)
  const last = stdout.trim().split('\n').at(-1)
  return new Map(failed || !last ? [] : (JSON.parse(last) as [string, string[]][]))
}

/** A failing index is imported once more, alone: then Node says where the mistake is. */
async function describeImport(
  root: string,
  index: string,
  names: readonly string[] | undefined,
): Promise<Check> {
  if (names)
    return { area, name: index, status: 'ok', detail: names.length > 0 ? names.join(', ') : 'nothing yet' }
  const { stderr } = await runNode(
    `await import(${JSON.stringify(urlOf(root, index))}); process.exit(0)`,
    root,
  )
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

function urlOf(root: string, index: string): string {
  return pathToFileURL(join(root, index)).href
}

async function runNode(script: string, cwd: string) {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return new Promise<{ failed: boolean; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, stderr }),
    )
  })
}
