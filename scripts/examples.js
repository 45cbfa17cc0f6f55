// npm run examples: each project under examples/ as its reader uses it, offline, on the packages of this workspace:
// types, lint, tests; then the service is started, and every command of its README that talks to it is run. Where the
// README shows an answer, the answer must be that one. Then once more with a key in .env, against a provider on loopback
// that speaks the real wire format. Ends with "N passed, N failed".
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './pnpm.js'
import { checksOf, close, link, readJson, rgen, run, startService, tryAll } from './workspace-project.js'

const examples = join(root, 'examples')

/** Examples that need more than this workspace say so, and are run where that is. */
function isRunHere(name) {
  const manifest = join(examples, name, 'package.json')
  if (!existsSync(manifest)) return false
  const { scripts, rgen } = readJson(manifest)
  return scripts?.test !== undefined && rgen?.example !== 'external'
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
  yield* checksOf(project)
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
  try {
    cpSync(join(examples, name), project, {
      recursive: true,
      filter: (source) => !left.has(source.slice(join(examples, name).length + 1)),
    })
    link(project)
    return await tryAll(name, stepsOf(project))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const wanted = process.argv.slice(2)
const names = readdirSync(examples).filter(
  (name) => (wanted.length === 0 || wanted.includes(name)) && isRunHere(name),
)
if (names.length === 0) throw new Error(`There is no such example: ${wanted.join(', ')}`)
const counts = []
for (const name of names) counts.push(await tryExample(name))
close(counts)
