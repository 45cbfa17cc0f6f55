// The same agents on the embedded engine (a file) and on a Temporal dev server in memory, beside a worker written by
// hand with Temporal's own SDK. Contenders take turns in processes of their own; the figures are medians over rounds.
//
// On a dev server a step costs two round trips of some 10 ms to 50 ms each, with delayed acknowledgements on loopback
// among them; what counts is the ratio to the hand-written worker.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const json = process.argv.includes('--json')
const rounds = 3
const { startDevServer } = await import('../../packages/temporal/dist/index.js')

let server
try {
  server = await startDevServer({ download: false })
} catch (error) {
  console.log(`Left out: ${error.message}`)
  process.exit(0)
}

const measured = { embedded: [], temporal: [], rgen: [] }
for (let round = 0; round < rounds; round += 1) {
  for (const name of Object.keys(measured)) {
    const file = fileURLToPath(new URL('contender.js', import.meta.url))
    const { stdout, stderr, status } = spawnSync(process.execPath, [file, name, server.address], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
    measured[name].push(JSON.parse(stdout.trim().split('\n').at(-1)))
  }
}
await server.stop()

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const figures = Object.fromEntries(
  Object.entries(measured).map(([name, runs]) => [
    name,
    Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))])),
  ]),
)
const ratios = Object.fromEntries(
  ['startToResultMs', 'stepMs'].map((key) => [key, figures.rgen[key] / figures.temporal[key]]),
)
ratios.timePerStepInParallel = figures.temporal.stepsPerSecond / figures.rgen.stepsPerSecond

if (json) {
  console.log(JSON.stringify({ name: 'temporal', figures, ratios }))
} else {
  const rows = [
    ['', 'embedded, a file', 'Temporal SDK by hand', '@rgen/temporal', 'ratio to by hand'],
    row('start to result of one step, ms', 'startToResultMs', 1, ratios.startToResultMs),
    row('one of 30 sequential steps, ms', 'stepMs', 1, ratios.stepMs),
    row('steps per second, 100 at once', 'stepsPerSecond', 0, ratios.timePerStepInParallel),
    row('start of the worker, ms', 'startMs', 0, figures.rgen.startMs / figures.temporal.startMs),
    row('memory of the idle worker, MB', 'idleMb', 0, figures.rgen.idleMb / figures.temporal.idleMb),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)))
  for (const cells of rows) console.log(cells.map((cell, column) => cell.padEnd(widths[column])).join('  '))
  console.log('\nA ratio below 1 is in our favour; for steps per second it is that of the times.')
}

function row(title, key, digits, ratio) {
  const cell = (name) => figures[name][key].toFixed(digits)
  return [title, cell('embedded'), cell('temporal'), cell('rgen'), `${ratio.toFixed(2)}×`]
}
