// A project outside of the checkout that uses the packages of this workspace, offline: how scripts try what users get.
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './pnpm.js'

const semver = createRequire(join(root, 'packages', 'plop', 'package.json'))('semver')

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

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
export function link(project) {
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

/** The offline world of a project: no key of this machine, nothing of the package manager that runs this. */
function offline() {
  const hidden = /^(OPENAI|ANTHROPIC|BRAVE|RGEN|RESTACK|RETRY|TEMPORAL|npm)_|^CI$|^NODE_ENV$/
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name))),
    NO_COLOR: '1',
  }
}

const env = offline()

/** What hangs must end; a busy machine is no failure. */
const patienceMs = 5 * 60_000

/** Runs a program of the project and answers its standard output. Asynchronous: the fake provider answers meanwhile. */
export async function run(project, args) {
  try {
    const options = { cwd: project, env, encoding: 'utf8', timeout: patienceMs }
    const { stdout } = await promisify(execFile)(process.execPath, args, options)
    return stdout
  } catch (error) {
    const { code, stdout, stderr } = error
    throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}${stderr}`, { cause: error })
  }
}

/** The command, from the folder of a linked project. */
export const rgen = join('node_modules', '@rgen', 'cli', 'dist', 'bin.js')

/** Starts `rgen dev` and waits until it says that it is ready. */
export async function startService(project) {
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
  const patience = AbortSignal.timeout(patienceMs)
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

/** The three checks that every project of ours passes, each as a title and what to do. */
export function checksOf(project) {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  return [
    ['type-checks', () => run(project, [join('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit'])],
    ['lints', () => run(project, [join('node_modules', 'oxlint', 'bin', 'oxlint'), '--deny-warnings'])],
    ['passes its tests', () => run(project, [...jest, join('node_modules', 'jest', 'bin', 'jest.js')])],
  ]
}

/** Does one thing after the other, says of each how it went, and counts. */
export async function tryAll(name, steps) {
  const count = { passed: 0, failed: 0 }
  for (const [title, act] of steps) {
    try {
      await act()
      count.passed += 1
      console.log(`  ✔ ${name}: ${title}`)
    } catch (error) {
      count.failed += 1
      console.log(`  ✖ ${name}: ${title}\n${error.message.replace(/^/gm, '      ')}`)
    }
  }
  return count
}

/** Ends a script: one closing line, and exit code 1 when something failed. */
export function close(counts) {
  const passed = counts.reduce((sum, each) => sum + each.passed, 0)
  const failed = counts.reduce((sum, each) => sum + each.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
