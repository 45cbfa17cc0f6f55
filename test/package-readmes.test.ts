// The first example of each package's README, run as its reader would run it: TypeScript as it stands, against the
// built packages; shell commands with the built programs. What the README says is printed must be printed.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
)
const readme = (name: string) => readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')

/** The language and the text of each code block, in order. */
function blocksOf(page: string): { readonly language: string; readonly text: string }[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    text: match[2]!,
  }))
}

/** The first example; those of the grammar are run in its own test, against its sources. */
const examples = packages
  .filter((name) => name !== 'grammar')
  .map((name) => ({ name, block: blocksOf(readme(name))[0]!, next: blocksOf(readme(name))[1] }))
const inTypeScript = examples.filter(({ block }) => block.language === 'ts')
const inShell = examples.filter(({ block }) => block.language === 'sh')

const workplace = mkdtempSync(join(tmpdir(), 'rgen-readmes-'))
afterAll(() => rmSync(workplace, { recursive: true, force: true }))

/** Nothing of this machine's keys, and nobody to ask. */
const { PATH, HOME, XDG_CACHE_HOME } = process.env
const env = { PATH, HOME, XDG_CACHE_HOME, CI: '1', NO_COLOR: '1', NODE_NO_WARNINGS: '1' }

/** A folder that could be a user's project: our packages are installed in it. */
function makeFolder(name: string): string {
  const folder = join(workplace, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { '@rgen/runtime': '*' } }),
  )
  const installed = Object.fromEntries(
    packages.map((each) => [`@rgen/${each}`, join(root, 'packages', each)]),
  )
  const types = { '@types/node': join(root, 'node_modules/@types/node') }
  for (const [each, target] of Object.entries({ ...installed, ...types })) {
    const link = join(folder, 'node_modules', each)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
  return folder
}

/** The files of an example: a line `// agents.ts` begins a file; without one it is a single file. */
function filesOf(example: string): { readonly path: string; readonly text: string }[] {
  const parts = example.split(/^\/\/ ([\w/-]+\.ts)$/m)
  if (parts.length === 1) return [{ path: 'main.ts', text: example }]
  return parts.flatMap((path, index) => (index % 2 === 1 ? [{ path, text: parts[index + 1]! }] : []))
}

function writeExample(folder: string, example: string): void {
  mkdirSync(folder, { recursive: true })
  for (const { path, text } of filesOf(example)) writeFileSync(join(folder, path), text)
}

/** What an example says that it prints: behind `console.log(…)`, or in the comments on the lines after it. */
function promised(example: string): string[] {
  return [...example.matchAll(/^\s*console\.log\(.*\)(?: \/\/ (.*)\n|\n((?:\/\/ .*\n)+))/gm)].flatMap(
    (match) =>
      match[1] === undefined
        ? match[2]!
            .trimEnd()
            .split('\n')
            .map((line) => line.slice(3))
        : [match[1]],
  )
}

const linesOf = (output: string) => output.split('\n').filter((line) => line.trim() !== '')

const loader = pathToFileURL(join(root, 'packages/cli/node_modules/tsx/dist/loader.mjs')).href

/** Whether the example of @rgen/temporal can start a server; where one is required, it must. */
function hasTemporalServer(): boolean {
  if (process.env.RGEN_REQUIRE_TEMPORAL === '1') return true
  const entry = pathToFileURL(join(root, 'packages/temporal/dist/index.js')).href
  const script = `import { findTemporalBinary } from '${entry}'; console.log(findTemporalBinary() ?? '')`
  const found = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  })
  return found.trim() !== ''
}

const programs: Record<string, string> = {
  rgen: join(root, 'packages/cli/dist/bin.js'),
  'pnpm create rgen': join(root, 'packages/create-rgen/dist/bin.js'),
}

/** Runs one line of a shell block and answers all that it printed. @throws when it fails. */
function runLine(folder: string, line: string): string {
  const command = Object.keys(programs).find((each) => line.startsWith(`${each} `))
  if (command === undefined) throw new Error(`Not a command that can be run here: ${line}`)
  const words = [...line.slice(command.length).matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
  const args = words.map(([, double, single, bare]) => double ?? single ?? bare!)
  const { status, stdout, stderr } = spawnSync(process.execPath, [programs[command]!, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(`${line} ended with ${status}:\n${stdout}${stderr}`)
  return `${stdout}\n${stderr}`
}

describe('the READMEs of the packages', () => {
  it.each(packages)('begin with a paragraph and an example: %s', (name) => {
    expect(readme(name)).toMatch(/^# \S+\n\n[^\n#`]{2}[^\n]+\n\n```(ts|sh)\n/)
  })

  const runnable = inTypeScript.filter(({ name }) => name !== 'temporal' || hasTemporalServer())

  it.each(runnable)(
    'show what their example in TypeScript prints: $name',
    ({ name, block }) => {
      const folder = makeFolder(name)
      writeExample(folder, block.text)
      const output = execFileSync(process.execPath, ['--import', loader, 'main.ts'], {
        cwd: folder,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 110_000,
      })

      const shown = promised(block.text)
      expect(shown.length).toBeGreaterThan(0)
      expect(linesOf(output)).toEqual(shown)
    },
    600_000,
  )

  const missing = inTypeScript.filter((example) => !runnable.includes(example))
  if (missing.length > 0)
    it.skip.each(missing)('show what their example prints (no Temporal server here): $name', () => undefined)

  it('show TypeScript that type-checks', () => {
    const folder = makeFolder('types')
    for (const { name, block } of inTypeScript) writeExample(join(folder, name), block.text)
    const options = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      types: ['node'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
    const tsc = join(root, 'node_modules/typescript7/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  }, 600_000)

  it.each(inShell)(
    'show what their commands print: $name',
    ({ name, block, next }) => {
      // create-rgen begins with nothing; rgen stands in a project.
      const folder = join(workplace, name)
      if (name === 'create-rgen') mkdirSync(folder)
      else runLine(workplace, `pnpm create rgen ${name} --start empty --yes --no-git --no-install`)
      const printed = block.text
        .trimEnd()
        .split('\n')
        .flatMap((line) => linesOf(runLine(folder, line)))

      expect(next?.language).toBe('text')
      const shown = linesOf(next!.text)
      expect(printed.filter((line) => shown.includes(line))).toEqual(shown)
    },
    600_000,
  )
})
