// npm run demo: the main job, as a new user does it. Packages are packed and published to a registry on loopback; then,
// in an empty folder: create → generate → test → run → kill -9 → resume. Any step that goes wrong ends the demo with
// exit code 1.
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { environmentWith, findPnpm, root } from './pnpm.js'
import { startRegistry } from './registry.js'

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, 'skip-build': { type: 'boolean', default: false } },
})
/** What hangs must end; a slow network and a busy machine are no failure. */
const patienceMs = 15 * 60_000
const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text)
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1)

function say(text) {
  console.log(`\n${bold(`▸ ${text}`)}`)
}

/** Runs a command, shows it and its output, and ends the demo when its exit code is not the expected one. */
function run(line, { cwd, env, expect = 0, quiet = false }) {
  console.log(`$ ${line}`)
  const [command, ...args] = split(line)
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: patienceMs,
  })
  const output = `${stdout}${stderr}`
  if (!quiet || status !== expect) console.log(output.trimEnd().replace(/^/gm, '  '))
  if (status !== expect) throw new Error(`${line}: expected exit code ${expect}, got ${status}`)
  return stdout
}

/** Splits a command line at spaces outside of quotes, as a shell would. */
function split(line) {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare,
  )
}

function expect(condition, what) {
  if (!condition) throw new Error(`expected: ${what}`)
  console.log(`  ✔ ${what}`)
}

async function until(condition, what, timeoutMs = patienceMs) {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const running = new Set()

/** `rgen dev` in the background; answers once it says that it is ready. */
async function startDev({ cwd, env }) {
  const startedAt = performance.now()
  console.log('$ pnpm rgen dev &')
  const child = spawn('pnpm', ['rgen', 'dev'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
  child.once('exit', () => running.delete(child))
  await until(() => {
    if (child.exitCode !== null) throw new Error(`rgen dev ended:\n${output}`)
    return output.includes('Ready in')
  }, 'rgen dev is ready')
  const took = seconds(startedAt)
  console.log(output.trimEnd().replace(/^/gm, '  '))
  return {
    took,
    output: () => output,
    servicePid: () => Number(/pid (\d+)/.exec(output)?.[1]),
    /** As a power cut would: the whole process group at once. */
    kill: () => new Promise((resolve) => (child.once('exit', resolve), process.kill(-child.pid, 'SIGKILL'))),
    /** As Ctrl+C does. */
    interrupt: () =>
      new Promise(
        (resolve) => (child.once('exit', (code) => resolve(code)), process.kill(-child.pid, 'SIGINT')),
      ),
  }
}

/** Processes whose command line names the project: what a clean stop must not leave behind. */
function leftovers(project) {
  return commandLines().filter((line) => line.includes(project))
}

/** What runs on this machine. A bare Linux has no `ps`, but says the same in /proc. */
function commandLines() {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.split('\n')
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      // Gone since the folder was read.
      return ''
    }
  })
}

/** Bytes of the files in a folder; links count as links, so that what pnpm links twice is counted once. */
function bytesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0)
}

const slowSteps = `import { appendFileSync, existsSync } from "node:fs";
import { sleep } from "@rgen/runtime/function";

/** Notes each call; waits for the file "go" so that the demo can kill the service in the middle of it. */
async function note(name: string): Promise<void> {
  appendFileSync("steps.log", \`\${name}\\n\`);
  while (name === "review" && !existsSync("go")) await sleep(20);
}
`

/** A user's own edit of a scaffolded function: it notes that it ran. */
function makeObservable(project, name) {
  const file = join(project, 'src', 'functions', `${name}.ts`)
  const source = readFileSync(file, 'utf8')
  const body = source.replace(
    /(export async function \w+\([^)]*\)[^{]*\{\n)/,
    `$1  await note(${JSON.stringify(name)});\n`,
  )
  if (body === source) throw new Error(`no function body found in ${file}`)
  const lastImport = body.lastIndexOf('\nimport ')
  const at =
    lastImport === -1
      ? body.indexOf('\n', body.indexOf('import ')) + 1
      : body.indexOf('\n', lastImport + 1) + 1
  writeFileSync(file, `${body.slice(0, at)}${slowSteps.replace(/^/, '')}${body.slice(at)}`)
}

async function main() {
  const env = environmentWith(findPnpm())
  if (!values['skip-build']) {
    say(
      'The packages are built and published to a registry on loopback: what is tried here is what users will download.',
    )
    run('pnpm install --frozen-lockfile', { cwd: root, env, quiet: true })
    run('pnpm exec turbo run build', { cwd: root, env, quiet: true })
  }
  const registry = await startRegistry(env)
  const folder = mkdtempSync(join(tmpdir(), 'rgen-demo-'))
  const userEnv = withoutKeys({
    ...registry.env,
    // What we publish must install where only packages that fit this Node are taken.
    pnpm_config_engine_strict: 'true',
  })
  try {
    await mainJob(folder, userEnv)
  } finally {
    for (const child of running) process.kill(-child.pid, 'SIGKILL')
    registry.stop()
    if (values.keep) console.log(`kept: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

/** The demo runs offline, whatever keys the machine has. */
function withoutKeys(env) {
  const hidden = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'BRAVE_API_KEY', 'CI']
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !hidden.includes(name) && !name.startsWith('npm_package_') && !name.startsWith('npm_lifecycle_'),
    ),
  )
}

async function mainJob(folder, env) {
  const startedAt = performance.now()
  say('An empty folder. Create a project.')
  run('pnpm create rgen research-desk --yes --start empty', { cwd: folder, env })
  const createSeconds = seconds(startedAt)
  const project = join(folder, 'research-desk')
  const at = { cwd: project, env }

  say('Grow it: an LLM router, a tool server, a prompt, and an agent that uses the three.')
  run('pnpm rgen g llm-config --direct --force', at)
  run('pnpm rgen g tool-server Research', at)
  run('pnpm rgen g prompt analyze-research --version 1.0.0', at)
  run('pnpm rgen g agent Research --with-llm --tools research --prompt analyze-research', at)

  say('Run it: engine, service and tool server, in one file and without a key.')
  let dev = await startDev(at)
  const answer = run(`pnpm rgen run Research '{"topic": "the origin of species"}'`, at)
  const firstAnswerSeconds = seconds(startedAt)
  expect(
    answer.includes('"analysis"') && answer.includes('"sources"'),
    'the agent answers with an analysis and its sources',
  )

  say('More resources: a long-lived agent, a workflow, a function, a pipeline.')
  run('pnpm rgen g agent Concierge --events message,end', at)
  run('pnpm rgen g workflow EmailCampaign', at)
  run('pnpm rgen g function SendEmail', at)
  run(`pnpm rgen g pipeline Blog --operators "DRAFT → REVIEW → PUBLISH" --style functions`, at)
  run(`pnpm rgen g pipeline Blog --operators "DRAFT → REVIEW → PUBLISH" --style functions --dry-run`, at)

  say('The project type-checks, lints and passes its own tests, offline.')
  run('pnpm typecheck', at)
  run('pnpm lint', at)
  run('pnpm test', at)

  say(
    'Kill it with -9 in the middle of a run. The steps note each call in steps.log; review waits until we let it go.',
  )
  for (const name of ['draft', 'review', 'publish']) makeObservable(project, name)
  await dev.interrupt()
  dev = await startDev(at)
  run(`pnpm rgen run Blog '{"topic": "durability"}' --id blog-1 --no-wait`, at)
  const log = () =>
    existsSync(join(project, 'steps.log'))
      ? readFileSync(join(project, 'steps.log'), 'utf8').trim().split('\n')
      : []
  await until(() => log().includes('review'), 'the run reaches review')
  run(`pnpm rgen run Concierge '{}' --id concierge-1 --no-wait`, at)
  run(`pnpm rgen event concierge-1 message '{"text": "hello"}'`, at)
  await dev.kill()
  console.log('  killed with SIGKILL')
  writeFileSync(join(project, 'go'), '')
  dev = await startDev(at)
  run('pnpm rgen result blog-1', at)
  expect(
    log().filter((name) => name === 'draft').length === 1,
    'draft, finished before the kill, did not run twice',
  )
  expect(log().filter((name) => name === 'publish').length === 1, 'publish ran once, after the restart')

  say('The long-lived agent kept its state over the kill, answers events, and ends when told to.')
  const second = run(`pnpm rgen event concierge-1 message '{"text": "still there?"}'`, at)
  expect(second.includes('2'), 'the second message is number 2')
  run(`pnpm rgen event concierge-1 end`, at)
  run('pnpm rgen result concierge-1', at)

  say('Is everything in order?')
  run('pnpm rgen doctor --check-tools', at)

  say('Ctrl+C stops it, and leaves no process behind.')
  expect((await dev.interrupt()) === 0, 'rgen dev ends with exit code 0')
  await until(() => leftovers(project).length === 0, 'no process of the project is left', 30_000)
  expect(leftovers(project).length === 0, 'no process of the project is left')

  say('Bad input gets one clear message and writes nothing.')
  for (const name of ['../x', 'class', '1abc', 'Agent', '🦄', 'a'.repeat(300)])
    run(`pnpm rgen g agent '${name}'`, { ...at, expect: 1 })
  appendFileSync(join(project, 'config', 'settings.yaml'), '\nretyr:\n  max_attempts: 3\n')
  run('pnpm rgen doctor', { ...at, expect: 1 })
  run('pnpm rgen start', { ...at, expect: 1 })

  say('The same with npm.')
  // npx keeps what it has downloaded under a name and version: a cache of its own, since ours changes under one version.
  const npmEnv = { ...env, npm_config_cache: join(folder, 'npm-cache') }
  run('npm create rgen npm-desk -- --yes --start agent --no-install', { cwd: folder, env: npmEnv })
  run('npm create rgen npm-desk -- --yes --no-install', { cwd: folder, env: npmEnv, expect: 1 })

  const size = Math.round(bytesIn(join(project, 'node_modules')) / 1e6)
  say('Figures of this run')
  console.log(`  create (install included)            ${createSeconds} s
  empty folder to the first answer     ${firstAnswerSeconds} s
  rgen dev until it says ready         ${dev.took} s
  node_modules of the project          ${size} MB`)
}

main().then(
  () => console.log('\n✔ The main job works, from packed packages in an empty folder.'),
  (error) => {
    console.error(`\n✖ ${error.message}`)
    process.exitCode = 1
  },
)
