// npm run cases -- <grammar|prompts> <file.json>: tries a file of cases against the public API of the built packages.
// Lists each case that fails with what was expected and what came; ends with "N passed, N failed".
// Exit code 0 all passed, 1 a case failed, 2 bad usage or an unreadable file.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { environmentWith, findPnpm, root } from './pnpm.js'

/** What can be tried, and which package must be built for it. */
const SUITES = new Map([
  ['grammar', { package: '@rgen/grammar', built: 'packages/grammar/dist/index.js' }],
  ['prompts', { package: '@rgen/runtime', built: 'packages/runtime/dist/prompts.js' }],
])
const USAGE = `Usage: npm run cases -- <${[...SUITES.keys()].join('|')}> <file.json>`

const [suite, file, ...rest] = process.argv.slice(2)
if (suite === undefined || file === undefined || rest.length > 0) refuse(USAGE)
if (!SUITES.has(suite)) refuse(`There are no cases for "${suite}".\n${USAGE}`)

const cases = readCases(locate(file))
build(SUITES.get(suite))
const { run } = await import(`./cases/${suite}.js`)
report(cases, await run(cases))

/** npm changes into the root before it runs a script, and says in INIT_CWD where the caller stood. */
function locate(path) {
  const folders = [process.cwd(), process.env.INIT_CWD ?? process.cwd()]
  if (process.env.npm_lifecycle_event === 'cases') folders.reverse()
  const candidates = folders.map((folder) => resolve(folder, path))
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0]
}

function readCases(path) {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    refuse(`Cannot read ${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`)
  }
  let cases
  try {
    cases = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    refuse(`${path} is not JSON: ${error.message}`)
  }
  if (!Array.isArray(cases)) cases = cases?.cases
  if (!Array.isArray(cases) || cases.some((each) => typeof each !== 'object' || each === null)) {
    refuse(`${path} does not hold cases: expected an array of objects`)
  }
  return cases
}

/** In a fresh clone nothing is installed or built yet. */
function build({ package: name, built }) {
  if (existsSync(resolve(root, built))) return
  const env = environmentWith(findPnpm())
  const steps = [
    ['install', '--frozen-lockfile'],
    ['exec', 'turbo', 'run', 'build', `--filter=${name}`],
  ]
  for (const args of steps) {
    const { status } = spawnSync('pnpm', args, { cwd: root, env, stdio: ['ignore', 2, 2] })
    if (status !== 0) refuse(`pnpm ${args.join(' ')} failed`)
  }
}

function report(cases, results) {
  const failed = results.filter(({ problems }) => problems.length > 0)
  for (const { id, problems } of failed) {
    console.log(`✖ ${id}`)
    for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`)
  }
  if (results.length !== cases.length) {
    console.log(`✖ ${cases.length - results.length} of ${cases.length} cases gave no result`)
  }
  const lost = cases.length - results.length
  console.log(`${results.length - failed.length} passed, ${failed.length + lost} failed`)
  process.exitCode = failed.length + lost > 0 ? 1 : 0
}

function refuse(message) {
  console.error(`✖ ${message}`)
  process.exit(2)
}
