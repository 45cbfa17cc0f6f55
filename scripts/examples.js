// npm run examples: each project under examples/ as its reader uses it, offline, on the packages of this workspace:
// types, lint, tests; then the service is started, and every command of its README that talks to it is run. Where the
// README shows an answer, the answer must be that one. Then once more with a key in .env, against a provider on loopback
// that speaks the real wire format. Ends with "N passed, N failed".
import { execFile, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './pnpm.js'

const semver = createRequire(join(root, 'packages', 'plop', 'package.json'))('semver')
const examples = join(root, 'examples')
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** Examples that need more than this workspace say so, and are run where that is. */
function isRunHere(name) {
  const manifest = join(examples, name, 'package.json')
  if (!existsSync(manifest)) return false
  const { scripts, rgen } = readJson(manifest)
  return scripts?.test !== undefined && rgen?.example !== 'external'
}

/** Where packages of the workspace, and what they depend on, are installed. */
function places(name) {
  if (name === 'typescript') return [join(root, 'node_modules', 'typescript7')]
  const packages = readdirSync(join(root, 'packages')).map((each) => join(root, 'packages', each))
  const ours = packages.filter((folder) => readJson(join(folder, 'package.json')).name === name)
  return [
    ...ours,
    join(root, 'node_modules', name),
    ...packages.map((each) => join(each, 'node_modules', name)),
  ]
}

/** Links what the project's package.json names, in the versions that it names: nothing is installed, nothing is left out. */
function link(project) {
  const { dependencies, devDependencies } = readJson(join(project, 'package.json'))
  for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
    const found = places(name).find(
      (folder) =>
        existsSync(join(folder, 'package.json')) &&
        semver.satisfies(readJson(join(folder, 'package.json')).version, range),
    )
    if (found === undefined) throw new Error(`The workspace has no ${name} that is ${range}.`)
    const target = join(project, 'node_modules', name)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(found, target, 'junction')
  }
}

/** The offline world of an example: no key of this machine, nothing of the package manager that runs this. */
function offline() {
  const hidden = /^(OPENAI|ANTHROPIC|BRAVE|RGEN|RESTACK|RETRY|TEMPORAL|npm)_|^CI$|^NODE_ENV$/
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name))),
    NO_COLOR: '1',
  }
}

const env = offline()

/** Runs a program of the project and answers its standard output. Asynchronous: the fake provider answers meanwhile. */
async function run(project, args) {
  try {
    const options = { cwd: project, env, encoding: 'utf8', timeout: 120_000 }
    const { stdout } = await promisify(execFile)(process.execPath, args, options)
    return stdout
  } catch (error) {
    const { code, stdout, stderr } = error
    throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}${stderr}`, { cause: error })
  }
}

const rgen = join('node_modules', '@rgen', 'cli', 'dist', 'bin.js')

/** Starts `rgen dev` and waits until it says that it is ready. */
async function startService(project) {
  const child = spawn(process.execPath, [rgen, 'dev'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const ready = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data
        if (output.includes('Ready in')) resolve('ready')
      })
  })
  const patience = AbortSignal.timeout(60_000)
  const tooLong = new Promise((resolve) => patience.addEventListener('abort', () => resolve('too long')))
  if ((await Promise.race([ready, ended, tooLong])) !== 'ready') {
    child.kill('SIGKILL')
    throw new Error(`The service did not start:\n${output}`)
  }
  return {
    async stop() {
      child.kill('SIGINT')
      const code = await ended
      if (code !== 0) throw new Error(`The service ended with ${code}:\n${output}`)
    },
  }
}

/** `pnpm rgen …` of the README's shell blocks, each with the JSON block behind it, when there is one. */
function commandsOf(readme) {
  return [...readme.matchAll(/```sh\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g)].flatMap(
    ([, block, answer]) => {
      const lines = block.split('\n').filter((line) => /^pnpm rgen (?!g |dev)/.test(line))
      return lines.map((line, index) => ({
        line,
        answer: answer !== undefined && index === lines.length - 1 ? JSON.parse(answer) : undefined,
      }))
    },
  )
}

function wordsOf(line) {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare,
  )
}

/** What differs from the shown answer, in which … stands for whatever is there, or follows. */
function differences(shown, actual, path = 'result') {
  if (shown === '…' && actual !== undefined) return []
  if (typeof shown === 'string' && shown.endsWith('…'))
    return typeof actual === 'string' && actual.startsWith(shown.slice(0, -1))
      ? []
      : [tell(path, shown, actual)]
  if (typeof shown !== 'object' || shown === null) return shown === actual ? [] : [tell(path, shown, actual)]
  if (typeof actual !== 'object' || actual === null) return [tell(path, shown, actual)]
  const keys = new Set([...Object.keys(shown), ...Object.keys(actual)])
  return [...keys].flatMap((key) => differences(shown[key], actual[key], `${path}.${key}`))
}

function tell(path, shown, actual) {
  return `${path}: the README shows ${JSON.stringify(shown)}, it is ${JSON.stringify(actual)}`
}

async function tryCommand(project, { line, answer }) {
  const output = await run(project, [rgen, ...wordsOf(line).slice(2)])
  if (answer === undefined) return
  const wrong = differences(answer, JSON.parse(output))
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

/** Answers in the shape that is asked for: texts that can be recognised, and yes to every question. */
function fakeAnswer({ body }) {
  const { properties } = body.response_format?.json_schema?.schema ?? {}
  if (properties === undefined) return { text: told }
  const value = ({ type }) => (type === 'boolean' ? true : told)
  return {
    text: JSON.stringify(
      Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, value(each)])),
    ),
  }
}

const told = 'Said by the provider on loopback.'

/** Runs the first command of the README once more, with a key and the address of a provider in .env. */
async function tryWithKey(project, { line }) {
  const { startFakeOpenAi } = await import(join(root, 'packages', 'runtime', 'dist', 'testing.js'))
  const provider = await startFakeOpenAi()
  provider.always(fakeAnswer)
  writeFileSync(join(project, '.env'), `OPENAI_API_KEY=sk-example\nOPENAI_BASE_URL=${provider.url}\n`)
  const service = await startService(project)
  try {
    const words = wordsOf(line).slice(2)
    const output = await run(project, [rgen, ...words.slice(0, words.indexOf('--id'))])
    if (!output.includes(told)) throw new Error(`The answer is not the provider's:\n${output}`)
    const keys = new Set(provider.requests.map(({ headers }) => headers.authorization))
    if ([...keys].join() !== 'Bearer sk-example')
      throw new Error(`The keys that were sent: ${[...keys].join()}`)
  } finally {
    await service.stop()
    await provider.close()
  }
}

/** Everything that is tried on one example, in order; what a step leaves is there for the next one. */
function* stepsOf(project) {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  yield ['type-checks', () => run(project, [join('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit'])]
  yield ['lints', () => run(project, [join('node_modules', 'oxlint', 'bin', 'oxlint'), '--deny-warnings'])]
  yield ['passes its tests', () => run(project, [...jest, join('node_modules', 'jest', 'bin', 'jest.js')])]
  let service
  yield ['starts', async () => (service = await startService(project))]
  if (service === undefined) return
  const commands = commandsOf(readFileSync(join(project, 'README.md'), 'utf8'))
  if (!commands.some(({ answer }) => answer !== undefined))
    yield ['shows an answer in its README', () => Promise.reject(new Error('It shows none.'))]
  for (const command of commands) yield [command.line, () => tryCommand(project, command)]
  yield ['stops', () => service.stop()]
  yield ['asks a real provider when a key is set', () => tryWithKey(project, commands[0])]
}

async function tryExample(name) {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-example-'))
  const project = join(folder, name)
  const left = new Set(['node_modules', '.rgen', '.env', 'posts'])
  const count = { passed: 0, failed: 0 }
  try {
    cpSync(join(examples, name), project, {
      recursive: true,
      filter: (source) => !left.has(source.slice(join(examples, name).length + 1)),
    })
    link(project)
    for (const [title, act] of stepsOf(project)) {
      try {
        await act()
        count.passed += 1
        console.log(`  ✔ ${name}: ${title}`)
      } catch (error) {
        count.failed += 1
        console.log(`  ✖ ${name}: ${title}\n${error.message.replace(/^/gm, '      ')}`)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return count
}

const wanted = process.argv.slice(2)
const names = readdirSync(examples).filter(
  (name) => (wanted.length === 0 || wanted.includes(name)) && isRunHere(name),
)
if (names.length === 0) throw new Error(`There is no such example: ${wanted.join(', ')}`)
const counts = []
for (const name of names) counts.push(await tryExample(name))
const passed = counts.reduce((sum, each) => sum + each.passed, 0)
const failed = counts.reduce((sum, each) => sum + each.failed, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
