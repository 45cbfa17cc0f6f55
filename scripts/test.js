// npm test: install, build, lint, type-check and test everything. `--node <version>` runs the tests alone on another
// Node line, whose binary comes from the npm package `node`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cache, environmentWith, findPnpm, root, toolFolder } from './pnpm.js'

const { values } = parseArgs({ options: { node: { type: 'string' } } })
const env = environmentWith(findPnpm())

function step(title, command, args) {
  const startedAt = performance.now()
  console.log(`\n── ${title}: ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) throw error
  console.log(
    `── ${title}: ${status === 0 ? 'done' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  )
  return status ?? 1
}

function must(title, command, args) {
  const status = step(title, command, args)
  if (status !== 0) process.exit(status)
}

/** Runs every jest test of the repository with the given Node and prints one closing line. */
function runTests(title, node) {
  mkdirSync(cache, { recursive: true })
  const report = join(cache, `jest-${process.pid}.json`)
  const status = step(title, node, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
  ])
  const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  rmSync(report)
  console.log(
    `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed, ${numPendingTests} skipped`,
  )
  if (status !== 0) process.exit(status)
}

if (values.node === undefined) {
  must('install', 'pnpm', ['install', '--frozen-lockfile'])
  must('build', 'pnpm', ['exec', 'turbo', 'run', 'build'])
  must('lint', 'pnpm', ['run', 'lint'])
  must('types', 'pnpm', ['exec', 'turbo', 'run', 'typecheck'])
  must('types', process.execPath, [
    'node_modules/typescript7/bin/tsc',
    '-p',
    'test/tsconfig.json',
    '--noEmit',
  ])
  must('packages', 'pnpm', ['exec', 'turbo', 'run', 'publish:check'])
  must('cases', process.execPath, ['scripts/cases.js', 'grammar', 'fixtures/grammar/cases.json'])
  must('cases', process.execPath, ['scripts/cases.js', 'prompts', 'fixtures/prompts/cases.json'])
  must('cases', process.execPath, ['scripts/cases.js', 'prompts', 'fixtures/prompts/further-cases.json'])
  runTests('test', process.execPath)
  must('examples', process.execPath, ['scripts/examples.js'])
  must('pipelines', process.execPath, ['scripts/pipelines.js'])
} else {
  const folder = toolFolder(`node-${values.node}`, { node: values.node })
  runTests(`test on Node ${values.node}`, join(folder, 'node_modules', 'node', 'bin', 'node'))
}
