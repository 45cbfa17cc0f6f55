// node bench/prompts/bench.js [--json]: loading and rendering of prompts, beside a bare reader in the same run, which
// reads the file, parses its front matter with the same yaml package and replaces placeholders, checking nothing.
// Bars: load warm at most 2 µs, cold 200 µs a file, 1 000 prompts preloaded in 150 ms. Figures are medians.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPrompts } from '../../packages/runtime/dist/prompts.js'

const { parse: parseYaml } = createRequire(new URL('../../packages/runtime/package.json', import.meta.url))(
  'yaml',
)
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const COUNT = 1000
const BODY = readFileSync(new URL('body.md', import.meta.url), 'utf8')
const variables = { topic: 'Tides', depth: 'brief', sources: 'One source. '.repeat(40) }

const root = mkdtempSync(join(tmpdir(), 'rgen-bench-prompts-'))
try {
  const files = writeProject()
  const rows = [...warm(), ...cold(files), ...preload(files)]
  if (values.json) console.log(JSON.stringify({ machine: machine(), rows }, null, 2))
  else print(rows)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function writeProject() {
  mkdirSync(join(root, 'config'))
  const names = Array.from({ length: COUNT }, (_, index) => `prompt-${index}`)
  const files = names.map((name) => {
    mkdirSync(join(root, 'prompts', name), { recursive: true })
    const file = `prompts/${name}/v1.0.0.md`
    writeFileSync(join(root, file), BODY)
    // A file that was written a moment ago is read again on every use; a project's files are older.
    utimesSync(join(root, file), 1_600_000_000, 1_600_000_000)
    return file
  })
  const entry = (name, index) =>
    `  ${name}:\n    description: Prompt number ${index}\n    versions:\n      "1.0.0": ${files[index]}\n    latest: 1.0.0\n`
  writeFileSync(join(root, 'config/prompts.yaml'), `prompts:\n${names.map(entry).join('')}`)
  utimesSync(join(root, 'config/prompts.yaml'), 1_600_000_000, 1_600_000_000)
  return files
}

function warm() {
  const production = loadPrompts(root, { mode: 'production' })
  const development = loadPrompts(root, { mode: 'development' })
  const bare = new Map([['prompt-7', readBare('prompts/prompt-7/v1.0.0.md')]])
  const each = (act) => perCall(act, 20_000)
  return [
    row(
      'load warm, production',
      each(() => production.load('prompt-7', '1')),
      'µs',
      2,
    ),
    row(
      'load warm, development',
      each(() => development.load('prompt-7', '1')),
      'µs',
      2,
    ),
    row(
      'render warm, production',
      each(() => production.render('prompt-7', '1', variables)),
      'µs',
    ),
    row(
      '  bare: replace placeholders',
      each(() => fillBare(bare.get('prompt-7'))),
      'µs',
    ),
  ]
}

function cold(files) {
  const registry = loadPrompts(root, { mode: 'development' })
  const times = files.map((_, index) => time(() => registry.load(`prompt-${index}`, '1.0.0')))
  const bare = files.map((file) => time(() => readBare(file)))
  return [
    row('load cold, a file', median(times.slice(100)) * 1000, 'µs', 200),
    row('  bare: read and parse', median(bare.slice(100)) * 1000, 'µs'),
  ]
}

function preload(files) {
  const runs = (act) => median(Array.from({ length: 7 }, () => time(act)))
  return [
    row(
      `preload ${COUNT} prompts`,
      runs(() => loadPrompts(root, { mode: 'production' })),
      'ms',
      150,
    ),
    row(
      '  bare: registry and files',
      runs(() => {
        parseYaml(readFileSync(join(root, 'config/prompts.yaml'), 'utf8'))
        files.forEach(readBare)
      }),
      'ms',
    ),
  ]
}

function readBare(file) {
  const [, frontMatter, body] = readFileSync(join(root, file), 'utf8').split(/^---$/m)
  return { settings: parseYaml(frontMatter), body }
}

function fillBare({ body }) {
  return body.replace(/\{(\w+)\}/g, (_, name) => variables[name])
}

function time(act) {
  const start = performance.now()
  act()
  return performance.now() - start
}

/** Microseconds a call, the median of eleven rounds. */
function perCall(act, calls) {
  const round = () => {
    const start = performance.now()
    for (let call = 0; call < calls; call++) act()
    return ((performance.now() - start) / calls) * 1000
  }
  round()
  return median(Array.from({ length: 11 }, round))
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function row(name, value, unit, bar) {
  return {
    name,
    value: Number(value.toPrecision(3)),
    unit,
    ...(bar !== undefined && { bar, met: value <= bar }),
  }
}

function machine() {
  return { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
}

function print(rows) {
  const { node, cpu, cores } = machine()
  console.log(`${node}, ${cores} × ${cpu}\n`)
  for (const { name, value, unit, bar, met } of rows) {
    const verdict = bar === undefined ? '' : `   bar ${bar} ${unit}: ${met ? 'met' : 'NOT met'}`
    console.log(`${name.padEnd(30)} ${String(value).padStart(8)} ${unit}${verdict}`)
  }
}
