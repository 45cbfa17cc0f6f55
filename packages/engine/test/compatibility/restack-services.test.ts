// Services written for Restack (fixtures/restack), with this package packed and installed under Restack's name: they
// are compiled as they stand and run as processes of their own, on one file.
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import Restack from '../../src/index.ts'
import { serveEndpoints } from '../../src/http/serve-endpoints.ts'

const execute = promisify(execFile)
const packageFolder = fileURLToPath(new URL('../..', import.meta.url))
const root = join(packageFolder, '..', '..')
const fixtures = join(root, 'fixtures', 'restack')
const compilers = {
  'TypeScript 6': join(root, 'node_modules', 'typescript', 'bin', 'tsc6'),
  'TypeScript 7': join(root, 'node_modules', 'typescript7', 'bin', 'tsc'),
}
const message = { role: 'user', content: 'What is new?' }
const answer = { role: 'assistant', content: 'You asked: What is new?' }

let workspace = ''
const cleanUp: (() => Promise<void> | void)[] = []

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'rgen-restack-'))
  const alias = join(workspace, 'node_modules', '@restackio', 'ai')
  mkdirSync(alias, { recursive: true })
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', workspace], {
      cwd: packageFolder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }]
  execFileSync('tar', ['-xzf', join(workspace, packed.filename), '-C', alias, '--strip-components=1'])
  for (const [name, from] of [
    ['@photostructure', packageFolder],
    ['croner', packageFolder],
    ['ws', packageFolder],
    ['@types', root],
  ] as const)
    symlinkSync(join(from, 'node_modules', name), join(workspace, 'node_modules', name))
  for (const name of ['commonjs', 'esm'])
    cpSync(join(fixtures, name), join(workspace, name), { recursive: true })
})

afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task()
})

afterAll(() => rmSync(workspace, { recursive: true, force: true }))

function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(RESTACK|RGEN|NODE_OPTIONS|BEARER)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...more }
}

async function compile(project: string, compiler: string): Promise<void> {
  try {
    await execute(process.execPath, [compiler, '-p', '.'], { cwd: join(workspace, project) })
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error })
  }
}

/** Starts the service of a project; resolves once it says that it runs. */
async function serve(
  project: string,
  env: Record<string, string> = {},
  command: readonly string[] = ['dist/services.js'],
): Promise<ChildProcess> {
  const child = spawn(process.execPath, command, {
    cwd: join(workspace, project),
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUp.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let output = ''
  await new Promise<void>((ready, fail) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        output += data.toString()
        if (output.includes('Services running successfully.')) ready()
        if (output.includes('Failed to run services')) fail(new Error(output))
      })
    child.once('exit', () => fail(new Error(output)))
  })
  return child
}

/** Has `require` compile TypeScript, as ts-node does, which leaves `import` as it is. */
const compilingRequire = `
const { readFileSync } = require('node:fs')
const { ModuleKind, transpileModule } = require(${JSON.stringify(join(root, 'node_modules', 'typescript'))})
require.extensions['.ts'] = (module, file) => {
  const compilerOptions = { module: ModuleKind.CommonJS, esModuleInterop: true }
  module._compile(transpileModule(readFileSync(file, 'utf8'), { compilerOptions }).outputText, file)
}
`

async function run(project: string, script: string): Promise<unknown> {
  const { stdout } = await execute(process.execPath, [join('dist', script)], {
    cwd: join(workspace, project),
    env: environment(),
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** What the agent streamed to whoever watched it, until `count` chunks have come. */
async function watch(url: string, agentId: string, count: number): Promise<string> {
  const gone = new AbortController()
  cleanUp.push(() => gone.abort())
  const response = await fetch(`${url}/stream/agent/responses?agentId=${agentId}`, { signal: gone.signal })
  let text = ''
  let chunks = 0
  const decoder = new TextDecoder()
  for await (const part of response.body ?? []) {
    for (const [, data = ''] of decoder.decode(part as Uint8Array).matchAll(/^data: (.*)$/gm)) {
      const chunk = JSON.parse(data) as { choices: { delta: { content: string } }[] }
      text += chunk.choices[0]?.delta.content ?? ''
      chunks += 1
    }
    if (chunks >= count) break
  }
  return text
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((answered) => {
    probe.once('error', () => answered(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => answered(true)))
  })
}

function engineOf(project: string): Restack {
  const restack = new Restack({
    database: join(workspace, project, '.rgen', 'engine.db'),
    logger: { log: () => undefined },
  })
  cleanUp.push(() => restack.close())
  return restack
}

describe('a CommonJS service written for Restack', () => {
  it.each(Object.entries(compilers))('compiles as it stands with %s', async (_name, compiler) => {
    await compile('commonjs', compiler)
  })

  it('answers a second process: events, streams, children by function and by name, a human', async () => {
    const watcher = engineOf('commonjs')
    const endpoints = await serveEndpoints(watcher, { ports: [0] })
    cleanUp.push(() => endpoints.close())
    const [url = ''] = endpoints.urls
    // An address of our own, so that whatever listens on Restack's usual port does not matter.
    await serve('commonjs', { RESTACK_ENGINE_API_ADDRESS: url.replace('http://', '') })
    const [id, runId] = ['watched', await watcher.scheduleAgent({ agentName: 'desk', agentId: 'watched' })]
    const streamed = watch(url, id, 5)
    const { updateId } = await watcher.sendAgentEvent<{ updateId: string }>(
      { agent: { agentId: id, runId }, event: { name: 'messages', input: { messages: [message] } } },
      { waitForCompletion: false },
    )
    expect(updateId).toEqual(expect.any(String))
    expect((await streamed).trim()).toBe(answer.content)

    expect(await run('commonjs', 'eventAgent.js')).toEqual({
      messages: [message, answer],
      refused: expect.stringContaining('The desk has no answer') as unknown,
      research: {
        byFunction: { found: 'whales in the archive', by: expect.stringMatching(/-research$/) as unknown },
        byName: { workflowId: 'desk-1-named', firstExecutionRunId: expect.any(String) as unknown },
      },
      named: { found: 'whales, again in the archive', by: 'desk-1-named' },
      notes: ['whales in the archive', 'whales, again in the archive'],
      result: {
        messages: [message, answer, { role: 'user', content: '' }],
        notes: ['whales in the archive', 'whales, again in the archive'],
      },
      feedback: 'You asked: Good',
      end: true,
      approved: ['You asked: Good'],
    })
  })

  it('starts without having been compiled, under a tool that compiles what is required', async () => {
    writeFileSync(join(workspace, 'compile.cjs'), compilingRequire)
    await serve('commonjs', {}, ['--require', join(workspace, 'compile.cjs'), 'src/services.ts'])
    const restack = engineOf('commonjs')
    const agent = { agentId: 'uncompiled' }
    await restack.scheduleAgent({ agentName: 'approval', ...agent })
    expect(await restack.sendAgentEvent({ agent, event: { name: 'end', input: { end: true } } })).toBe(true)
  })

  it('serves its streams on the port that Restack uses, and runs without it when that is taken', async () => {
    const free = await isFree(9233)
    await serve('commonjs')
    const restack = engineOf('commonjs')
    const agentId = `approval-${process.pid}`
    await restack.scheduleAgent({ agentName: 'approval', agentId })
    const agent = { agentId }
    if (free) {
      const gone = new AbortController()
      const url = `http://127.0.0.1:9233/stream/agent/responses?agentId=${agentId}`
      // Only the engine of this service knows the agent.
      expect((await fetch(url, { signal: gone.signal })).status).toBe(200)
      gone.abort()
    }
    expect(await restack.sendAgentEvent({ agent, event: { name: 'end', input: { end: true } } })).toBe(true)
    expect(await restack.getAgentResult(agent)).toEqual([])
  })
})

describe('an ES module service in the form of the older consumers', () => {
  it.each(Object.entries(compilers))('compiles as it stands with %s', async (_name, compiler) => {
    await compile('esm', compiler)
  })

  it('answers a second process: new Restack.default(), children in Temporal’s form, flows', async () => {
    await serve('esm')
    expect(await run('esm', 'run.js')).toEqual({
      letters: 5,
      parent: { started: { message: 'Hello, Ada!' }, executed: { message: 'Hello, Grace!' } },
      flow: { type: 'childWorkflow', next: 'thank' },
    })
  })
})
