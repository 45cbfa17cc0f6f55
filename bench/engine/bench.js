// node bench/engine/bench.js [--json] [--only rgen,dbos] [--rounds 3] [--large]: the embedded engine beside DBOS on PostgreSQL,
// Restate and openworkflow, all durable (a step that is done is on disk), each in a process of its own, in turns on
// the same machine. Figures are medians of the rounds. `--large` adds 100 000 waiting agents (ours alone).
import { fork } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cache, toolFolder } from '../../scripts/pnpm.js'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    large: { type: 'boolean', default: false },
  },
})
/** A contender that is not done by then is left out. */
const patienceMs = 120_000
const here = fileURLToPath(new URL('.', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const names = { rgen: '@rgen/engine', dbos: 'DBOS', restate: 'Restate', openworkflow: 'openworkflow' }
const chosen = values.only?.split(',') ?? Object.keys(names)
const unknown = chosen.filter((name) => !(name in names))
if (unknown.length > 0) {
  console.error(`✖ No contender named ${unknown.join(', ')}. There are: ${Object.keys(names).join(', ')}.`)
  process.exit(2)
}

// Beside the project: a temporary folder may lie in memory, where being durable costs nothing.
mkdirSync(cache, { recursive: true })
const scratch = mkdtempSync(join(cache, 'bench-engine-run-'))
// A database server under another user has its folder in here.
chmodSync(scratch, 0o755)
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
// An interrupted run cleans up too: its child gets the signal from the same terminal.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const rounds = Number(values.rounds)
const samples = new Map()
const leftOut = []
for (let round = 0; round < rounds; round += 1) {
  // In turns, so that a slow moment of the machine meets all of them.
  for (const name of chosen.filter((each) => !leftOut.some((out) => out.name === names[each]))) {
    try {
      const peers = name === 'rgen' ? '' : installPeers()
      const result = await inProcess('contender.js', [name, join(scratch, `${name}-${round}`), peers])
      samples.set(name, [...(samples.get(name) ?? []), result])
    } catch (error) {
      leftOut.push({ name: names[name], reason: error.message })
      samples.delete(name)
    }
  }
}
const results = [...samples].map(([name, each]) => ({ name: names[name], ...medians(each) }))
const raw = chosen.includes('rgen')
  ? await inProcess('raw.js', [join(scratch, 'rgen-0'), scratch])
  : undefined
const large = values.large ? await measureLarge() : undefined

const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
if (values.json) console.log(JSON.stringify({ machine, rounds, results, raw, large, leftOut }, null, 2))
else print()

/** The median of each figure over the rounds. */
function medians(each) {
  const middle = (key, order) =>
    each.map((one) => one[key]).toSorted((a, b) => order(a) - order(b))[each.length >> 1]
  const merged = { ...each[0] }
  for (const key of ['stepMs', 'oneStepMs', 'eventMs', 'replayMs'])
    if (merged[key] !== undefined) merged[key] = middle(key, (ms) => ms)
  for (const key of ['wide', 'many']) merged[key] = middle(key, rate)
  return merged
}

function installPeers() {
  return toolFolder(`bench-engine-${Object.values(dependencies).join('-')}`, dependencies)
}

/** Runs a script of this folder and answers what it sends. */
function inProcess(script, args) {
  if (!values.json) console.error(`… ${script} ${args[0]}`)
  return new Promise((resolve, reject) => {
    let output = ''
    const child = fork(join(here, script), args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, DO_NOT_TRACK: '1' },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => (output = (output + data).slice(-2000)))
    let answer
    // SIGTERM, so that the child takes its server with it.
    const tooLate = setTimeout(() => child.kill(), patienceMs)
    child.once('message', (message) => (answer = message))
    child.once('exit', (code, signal) => {
      clearTimeout(tooLate)
      if (answer === undefined) reject(new Error(`ended with ${code ?? signal}: ${output}`))
      else if (answer.failure !== undefined) reject(new Error(answer.failure))
      else resolve(answer)
    })
  })
}

async function measureLarge() {
  const file = join(scratch, 'large.db')
  const begun = await inProcess('large.js', ['begin', file])
  return { ...begun, ...(await inProcess('large.js', ['cold', file])) }
}

function print() {
  console.log(
    `Node ${machine.node}, ${machine.cores} × ${machine.cpu}, medians of ${rounds} rounds in turns\n`,
  )
  const rows = [
    ['sequential step, ms', 'stepMs', (ms) => ms.toFixed(2)],
    ['50 runs of 20 steps, steps/s', 'wide', perSecond, true],
    ['2 000 runs of 10 steps, steps/s', 'many', perSecond, true],
    ['start to result of a one-step run, ms', 'oneStepMs', (ms) => ms.toFixed(2)],
    ['event round trip, ms', 'eventMs', (ms) => ms.toFixed(2)],
    ['replay of 1 000 steps, ms', 'replayMs', (ms) => ms.toFixed(1)],
  ]
  const [first] = results
  console.log(`| | ${results.map(({ name, version }) => `${name} ${version}`).join(' | ')} |`)
  console.log(`| --- |${results.map(() => ' --: |').join('')}`)
  for (const [title, key, show, higherIsBetter] of rows) {
    const cells = results.map((result) => {
      if (result[key] === undefined) return '–'
      const times = higherIsBetter ? rate(first[key]) / rate(result[key]) : result[key] / first[key]
      return result === first ? show(result[key]) : `${show(result[key])} (${times.toFixed(1)} × ours)`
    })
    console.log(`| ${title} | ${cells.join(' | ')} |`)
  }
  for (const { name, note } of results) if (note) console.log(`\n${name}: ${note}`)
  if (raw !== undefined) printRaw(first)
  if (large !== undefined) printLarge()
  for (const { name, reason } of leftOut) console.log(`\nLeft out: ${name} (${reason})`)
}

function printRaw(ours) {
  const limit = ({ writes, seconds }) =>
    `${writes} writes in ${seconds.toFixed(2)} s, ${Math.round(raw.steps / seconds)} steps/s, ` +
    `${(raw.steps / seconds / rate(ours.many)).toFixed(1)} × ours`
  console.log(
    `\nThe limit, through the same driver (${raw.driver}) with the same file settings, for the ${raw.steps} steps of ` +
      `one round:\n- the rows that they left, inserted: ${limit(raw.left)}\n- all writes of the engine for them: ` +
      `${limit(raw.all)}\n- one row a transaction: ${raw.commitMs.toFixed(3)} ms`,
  )
}

function printLarge() {
  console.log(
    `\n${large.agents} waiting agents: started in ${large.startSeconds.toFixed(1)} s, ` +
      `${large.megabytesWhileStarting} MB at most while starting them. A new process serves them in ` +
      `${large.readySeconds.toFixed(2)} s with ${large.megabytesReady} MB; an event to a cold one: median ` +
      `${large.coldMs.toFixed(2)} ms, p99 ${large.coldP99Ms.toFixed(2)} ms; ${large.megabytesAfter} MB after ${large.events} of them.`,
  )
}

function rate({ steps, seconds }) {
  return steps / seconds
}

/** A contender that would take minutes did fewer runs, and says so. */
function perSecond({ steps, seconds, runs, asked }) {
  return `${Math.round(steps / seconds)}${runs === asked ? '' : `, with ${runs} runs`}`
}
