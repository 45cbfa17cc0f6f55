// node bench/cli/bench.js [--json]: how long the rgen command takes to start, over an empty script, beside the smallest
// programs that two argument parsers make possible. All run in turns, in processes of their own; figures are medians.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { toolFolder } from '../../scripts/pnpm.js'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const rounds = 25
const aimMs = 20

const rgen = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const empty = join(mkdtempSync(join(tmpdir(), 'rgen-bench-')), 'empty.mjs')
writeFileSync(empty, '')

const programs = [
  { name: 'empty script', argv: [empty] },
  ...peers(),
  { name: 'rgen --version', argv: [rgen, '--version'] },
  { name: 'rgen --help', argv: [rgen, '--help'] },
  { name: 'rgen dev --help', argv: [rgen, 'dev', '--help'] },
  { name: 'rgen lst (did you mean)', argv: [rgen, 'lst'] },
]

const times = new Map(programs.map(({ name }) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const { name, argv } of programs) times.get(name).push(measure(argv))

const base = median(times.get('empty script'))
const rows = programs.map(({ name }) => {
  const ms = median(times.get(name))
  return { name, ms, overEmptyMs: ms - base, ratio: ms / base }
})

if (values.json) console.log(JSON.stringify({ machine: machine(), rounds, aimMs, rows }, null, 2))
else {
  console.log(machine())
  console.log(
    `${'program'.padEnd(26)} ${'ms'.padStart(7)} ${'over empty'.padStart(11)} ${'ratio'.padStart(6)}`,
  )
  for (const { name, ms, overEmptyMs, ratio } of rows)
    console.log(
      `${name.padEnd(26)} ${ms.toFixed(1).padStart(7)} ${overEmptyMs.toFixed(1).padStart(11)} ${ratio.toFixed(2).padStart(6)}`,
    )
  console.log(`Aim: rgen --help at most ${aimMs} ms over an empty script.`)
}

function measure(argv) {
  const startedAt = performance.now()
  spawnSync(process.execPath, argv, { stdio: 'ignore' })
  return performance.now() - startedAt
}

/** The help page of a program with one command, in each parser; one that cannot be installed is left out. */
function peers() {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
  try {
    const folder = toolFolder(`bench-cli-${Object.values(dependencies).join('-')}`, dependencies)
    const script = (name, text) => {
      const file = join(folder, `${name}.mjs`)
      writeFileSync(file, text)
      return { name: `${name} ${dependencies[name]} --help`, argv: [file, '--help'] }
    }
    return [
      script(
        'cac',
        `import cac from 'cac'; const c = cac('x'); c.command('dev', 'Start'); c.help(); c.parse()`,
      ),
      script(
        'commander',
        `import { program } from 'commander'; program.command('dev').description('Start'); program.parse()`,
      ),
    ]
  } catch (error) {
    console.error(`Left out: cac and commander (${error.message})`)
    return []
  }
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
}

function machine() {
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`
}
