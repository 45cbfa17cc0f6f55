// node bench/grammar/bench.js [--json]: parse, check and compile of chains, and throughput beside Peggy and Chevrotain
// grammars of the same language. All parsers run in this process, in turns, on the same texts, and must answer the
// same trees first. Figures are medians.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { check, emitTypeScript, parse } from '../../packages/grammar/dist/index.js'
import { toolFolder } from '../../scripts/pnpm.js'
import { createChevrotainParser } from './chevrotain-parser.js'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const here = new URL('.', import.meta.url)
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', here), 'utf8'))
const versions = Object.values(dependencies).join('-')
const peers = createRequire(join(toolFolder(`bench-grammar-${versions}`, dependencies), 'package.json'))

const peggy = peers('peggy')
const chevrotain = await import(pathToFileURL(peers.resolve('chevrotain')))
const parsers = new Map([
  ['@rgen/grammar', parse],
  [
    `Peggy ${dependencies.peggy}`,
    peggy.generate(readFileSync(new URL('language.peggy', here), 'utf8')).parse,
  ],
  [`Chevrotain ${dependencies.chevrotain}`, createChevrotainParser(chevrotain)],
])

const BLOG =
  'IDEATE ⇄ RESEARCH → PLAN → OUTLINE → (TEXT ⊕ IMAGES) → DRAFT ⇄ REVIEW →? (POLISH, REWRITE) → PUBLISH'
const texts = new Map([
  ['chain of 10', chain(10)],
  ['chain of 1 000', chain(1000)],
  ['chain of 10 000', chain(10_000)],
  ['all operators, 1 000 times', Array.from({ length: 1000 }, () => BLOG).join(' → ')],
])

for (const [name, text] of texts) agree(name, text)
const throughput = [...texts].map(([name, text]) => measureParsers(name, text))
const stages = [10, 1000, 10_000].map(measureStages)

if (values.json) console.log(JSON.stringify({ machine: machine(), throughput, stages }, null, 2))
else print()

function chain(length) {
  return Array.from({ length }, (_, index) => `Step${index}`).join(' → ')
}

/** A benchmark of parsers that answer different things would say nothing. */
function agree(name, text) {
  const [ours, ...others] = [...parsers.values()].map((parser) =>
    JSON.stringify(withoutGroupSpans(parser(text))),
  )
  if (others.some((other) => other !== ours)) throw new Error(`The parsers disagree about ${name}`)
}

/** Spans of groups differ by their parentheses, which only one of the grammars counts in. */
function withoutGroupSpans(tree) {
  return JSON.parse(JSON.stringify(tree, (key, value) => (key === 'span' ? undefined : value)))
}

function measureParsers(name, text) {
  const bytes = Buffer.byteLength(text)
  const samples = new Map([...parsers.keys()].map((parser) => [parser, []]))
  for (let round = 0; round < 7; round += 1) {
    // In turns, so that a slow moment of the machine meets all of them.
    for (const [parser, run] of parsers) samples.get(parser).push(secondsOf(() => run(text), 0.12))
  }
  const seconds = [...samples].map(([parser, each]) => [parser, median(each)])
  const [[, ours]] = seconds
  return {
    name,
    bytes,
    results: seconds.map(([parser, each]) => ({
      parser,
      milliseconds: each * 1000,
      megabytesPerSecond: bytes / each / 1e6,
      slowerThanOurs: each / ours,
    })),
  }
}

/** Seconds of one call, over as many calls as fit into a time. */
function secondsOf(run, forSeconds) {
  const startedAt = performance.now()
  let calls = 0
  do {
    run()
    calls += 1
  } while (performance.now() - startedAt < forSeconds * 1000)
  return (performance.now() - startedAt) / 1000 / calls
}

function measureStages(length) {
  const text = chain(length)
  const resources = Array.from({ length }, (_, index) => ({ name: `Step${index}`, kind: 'function' }))
  const retry = {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 6,
  }
  const options = { name: 'Bench', defaults: { startToCloseTimeout: '2 minutes', retry } }
  const tree = parse(text)
  const { plan } = check(tree, { resources })
  const timed = (run) => median(Array.from({ length: 5 }, () => secondsOf(run, 0.05))) * 1000
  return {
    steps: length,
    parseMs: timed(() => parse(text)),
    checkMs: timed(() => check(tree, { resources })),
    compileMs: timed(() => emitTypeScript(plan, options)),
  }
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function machine() {
  return { node: process.version, cpu: cpus()[0]?.model ?? 'unknown' }
}

function print() {
  console.log(`Node ${machine().node}, ${machine().cpu}\n`)
  console.log('Parse to a tree with positions, median of 7 rounds in turns:\n')
  console.log('| text | parser | ms | MB/s | time against ours |\n| --- | --- | --: | --: | --: |')
  for (const { name, results } of throughput) {
    for (const { parser, milliseconds, megabytesPerSecond, slowerThanOurs } of results) {
      console.log(
        `| ${name} | ${parser} | ${milliseconds.toFixed(3)} | ${megabytesPerSecond.toFixed(1)} | ${slowerThanOurs.toFixed(1)} × |`,
      )
    }
  }
  console.log('\nAll stages of @rgen/grammar on a chain of different steps, ms (and µs a step):\n')
  console.log('| steps | parse | check | compile |\n| --: | --: | --: | --: |')
  for (const { steps, ...times } of stages) {
    const cells = Object.values(times).map((ms) => `${ms.toFixed(2)} (${((ms * 1000) / steps).toFixed(2)})`)
    console.log(`| ${steps} | ${cells.join(' | ')} |`)
  }
}
