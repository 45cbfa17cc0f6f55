// The fault cases of tool servers, by number, each with real processes.
// Bounds on time are wide: they tell a wait from none, on a busy machine too. Figures belong to bench/.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { tsx } from '../tool-server/fixtures/tsx.fixture.ts'
import { ToolError } from './errors.ts'
import { ended, faultyServer, isAlive, temporaryRoot, testProject } from './fixtures/project.fixture.ts'

const quick = { base: 0.02, cap: 0.05, max: 3, window: 60 }

async function failure(work: Promise<unknown>): Promise<ToolError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ToolError) return error
  throw new Error(`expected a ToolError, got ${String(error)}`)
}

function pidOf(
  project: { servers: { status(): readonly { name: string; pid?: number }[] } },
  name: string,
): number {
  const pid = project.servers.status().find((server) => server.name === name)?.pid
  if (pid === undefined) throw new Error(`${name} has no process`)
  return pid
}

describe('a server that does not start', () => {
  it('1: a missing program is quarantined after its tries, names the command, and others are ready', async () => {
    await using project = testProject([
      { name: 'gone', command: 'no-such-program', restart: quick },
      { name: 'well', faulty: 'well' },
    ])
    await project.servers.startAll()
    const state = await project.reached('gone', 'quarantined')
    expect(state).toMatchObject({ reason: expect.stringContaining('"no-such-program" cannot be started') })
    await expect(project.servers.client('well').call('echo', { text: 'hi' })).resolves.toBe('hi')
    const error = await failure(project.servers.client('gone').call('echo'))
    expect(error).toMatchObject({ code: 'TOOL_QUARANTINED', retryable: false })
  })

  it('2: what it wrote to standard error before it exited is in the log and in the reason', async () => {
    await using project = testProject([{ name: 'broken', faulty: 'exit', restart: { ...quick, max: 0 } }])
    await project.servers.startAll()
    const state = await project.reached('broken', 'quarantined')
    expect(state).toMatchObject({ reason: expect.stringContaining('cannot open the database') })
    expect(state).toMatchObject({ reason: expect.stringContaining('exit code 1') })
    expect(project.log.map(({ message }) => message)).toContain('cannot open the database')
  })

  it('3: one that never answers is given up after the connect timeout, and its process is gone', async () => {
    await using project = testProject([
      { name: 'mute', faulty: 'silent', connectTimeout: 0.3, restart: { ...quick, max: 0 } },
    ])
    const starting = project.servers.startAll()
    await project.reached('mute', 'starting')
    await starting
    const state = await project.reached('mute', 'quarantined')
    expect(state).toMatchObject({ reason: expect.stringContaining('did not answer within 300 ms') })
    expect(project.servers.status()[0]).not.toHaveProperty('pid')
  })

  it('13: a crash loop waits longer each time, is given up, and costs no processor time', async () => {
    await using project = testProject([
      { name: 'loop', faulty: 'exit', restart: { base: 0.04, cap: 10, max: 3, window: 60 } },
    ])
    const before = process.cpuUsage()
    await project.servers.startAll()
    await project.reached('loop', 'quarantined')
    const waits = project.changes.flatMap(({ to }) => (to.kind === 'backoff' ? [to.delayMs] : []))
    expect(waits).toHaveLength(3)
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(30 * 2 ** index)
      expect(wait).toBeLessThanOrEqual(40 * 2 ** index)
    }
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
  })

  it('comes back from quarantine when a person restarts it, and never by itself', async () => {
    const root = temporaryRoot()
    writeFileSync(join(root, 'server.mjs'), 'process.exit(1)')
    await using project = testProject(
      [{ name: 'late', module: 'server.mjs', restart: { ...quick, max: 0 } }],
      {
        root,
      },
    )
    await project.servers.startAll()
    await project.reached('late', 'quarantined')
    writeFileSync(join(root, 'server.mjs'), readFileSync(faultyServer))
    expect((await failure(project.servers.client('late').call('echo'))).code).toBe('TOOL_QUARANTINED')
    await expect(project.servers.restart('late')).resolves.toMatchObject({ kind: 'ready' })
    await expect(project.servers.client('late').call('echo', { text: 'back' })).resolves.toBe('back')
  })

  it('32 first calls at once start it once', async () => {
    const root = temporaryRoot()
    const starts = join(root, 'starts.log')
    await using project = testProject(
      [{ name: 'lazy', faulty: 'starts', args: [starts], autostart: false }],
      { root },
    )
    await project.servers.startAll()
    expect(project.servers.status()[0]).toMatchObject({ state: 'stopped' })
    const client = project.servers.client('lazy')
    const calls = Array.from({ length: 32 }, (_, index) => client.call('echo', { text: String(index) }))
    await expect(Promise.all(calls)).resolves.toEqual(Array.from({ length: 32 }, (_, index) => String(index)))
    expect(readFileSync(starts, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('one that knows no protocol before 2026 is spoken to in that one', async () => {
    const module = new URL('./fixtures/modern-only.fixture.ts', import.meta.url).pathname
    await using project = testProject([{ name: 'modern', module }])
    await expect(project.servers.client('modern').call('nothing')).resolves.toBe('done')
    expect(project.changes.at(-1)?.to).toMatchObject({ kind: 'ready', era: 'modern' })
  })

  it('one that speaks no protocol that we know is refused with the version that it named', async () => {
    await using project = testProject([
      { name: 'old', faulty: 'from-the-past', restart: { ...quick, max: 0 } },
    ])
    await project.servers.startAll()
    await expect(project.reached('old', 'quarantined')).resolves.toMatchObject({
      reason: expect.stringContaining('1999-12-31'),
    })
  })

  it('one without tools is ready, as is one that does not know the question for a sign of life', async () => {
    await using project = testProject([
      { name: 'toolless', faulty: 'toolless' },
      { name: 'curt', faulty: 'curt' },
    ])
    await project.servers.startAll()
    await expect(project.servers.client('toolless').list()).resolves.toEqual([])
    await expect(project.servers.client('curt').call('echo', { text: 'hm' })).resolves.toBe('hm')
    await expect(project.servers.client('curt').health()).resolves.toEqual({ ok: true })
  })

  it('of two tools with one name the first is used, with a warning', async () => {
    await using project = testProject([{ name: 'twins', faulty: 'twins' }])
    const list = await project.servers.client('twins').list()
    expect(list.filter(({ name }) => name === 'echo')).toMatchObject([
      { description: 'Answers with its arguments.' },
    ])
    expect(project.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('two tools named "echo"') }),
    )
  })

  it('a tool list without end is refused', async () => {
    await using project = testProject([
      { name: 'endless', faulty: 'endless-list', restart: { ...quick, max: 0 } },
    ])
    await project.servers.startAll()
    await expect(project.reached('endless', 'quarantined')).resolves.toMatchObject({
      reason: expect.stringMatching(/64/u),
    })
  })
})

describe('what a server writes', () => {
  it('5: plain text on standard output is warned of once, and the session goes on', async () => {
    await using project = testProject([{ name: 'chatty', faulty: 'plain-text' }])
    await project.servers.startAll()
    const client = project.servers.client('chatty')
    for (const text of ['a', 'b', 'c']) await expect(client.call('echo', { text })).resolves.toBe(text)
    const warnings = project.log.filter(({ message }) => message.includes('plain text'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ level: 'warn', fields: { text: 'Welcome!' } })
  })

  it('6: a message in two halves and two messages in one chunk are both delivered', async () => {
    await using project = testProject([{ name: 'halves', faulty: 'well', args: ['100'] }])
    const client = project.servers.client('halves')
    await expect(client.call('halves')).resolves.toBe('whole')
    await expect(client.call('progress')).resolves.toBe('done')
  })

  it('7: a line of 11 MiB fails its own call as too large, others as retryable, and the server is restarted', async () => {
    await using project = testProject([{ name: 'huge', faulty: 'well', restart: quick }])
    await project.servers.startAll()
    const pid = pidOf(project, 'huge')
    const client = project.servers.client('huge')
    const other = failure(client.call('slow', { ms: 20_000 }))
    const big = failure(client.call('big', { bytes: 11 * 1024 * 1024 }))
    expect(await big).toMatchObject({ code: 'TOOL_OUTPUT_TOO_LARGE', retryable: false })
    expect(await other).toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
    await expect(client.call('echo', { text: 'again' })).resolves.toBe('again')
    expect(pidOf(project, 'huge')).not.toBe(pid)
    expect(isAlive(pid)).toBe(false)
  })

  it('a flood on standard error costs neither memory nor the session', async () => {
    const startedAt = performance.now()
    await using project = testProject([{ name: 'flood', faulty: 'flood' }])
    await project.servers.startAll()
    const client = project.servers.client('flood')
    const before = process.memoryUsage().rss
    for (let index = 0; index < 200; index++) await client.call('echo', { text: 'x' })
    await client.call('slow', { ms: 500 })
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
    const seconds = (performance.now() - startedAt) / 1_000
    const lines = project.log.filter(({ fields }) => fields.stream === 'stderr').length
    expect(lines).toBeLessThanOrEqual(100 * (Math.ceil(seconds) + 1))
  })

  it('the last progress of a call arrives although its result follows at once', async () => {
    await using project = testProject([{ name: 'steps', faulty: 'well' }])
    const client = project.servers.client('steps')
    for (let round = 0; round < 50; round++) {
      const seen: number[] = []
      await client.call('progress', {}, { onProgress: ({ progress }) => seen.push(progress) })
      expect(seen).toEqual([1, 2, 3])
    }
  })
})

describe('a server that fails while it is used', () => {
  it('9: a crash rejects all calls in flight within 100 ms as retryable, and it is back within a second', async () => {
    await using project = testProject([{ name: 'crash', faulty: 'well' }])
    await project.servers.startAll()
    const client = project.servers.client('crash')
    const calls = Array.from({ length: 20 }, () => failure(client.call('slow', { ms: 60_000 })))
    const since = project.changes.length
    const crash = failure(client.call('crash'))
    const errors = await Promise.all(calls)
    const first = performance.now()
    errors.push(await crash)
    expect(performance.now() - first).toBeLessThan(2_000)
    expect(errors.every(({ code, retryable }) => code === 'TOOL_UNAVAILABLE' && retryable)).toBe(true)
    await project.reached('crash', 'ready', since)
    expect(performance.now() - first).toBeLessThan(5_000)
  })

  it('10: killed while idle, the next call waits for the restart and succeeds', async () => {
    await using project = testProject([{ name: 'idle', faulty: 'well', restart: quick }])
    await project.servers.startAll()
    const client = project.servers.client('idle')
    process.kill(pidOf(project, 'idle'), 'SIGKILL')
    await expect(client.call('echo', { text: 'still here' })).resolves.toBe('still here')
  })

  it('10: a call that brings the server down by a fault of its own is not made again', async () => {
    const root = temporaryRoot()
    const log = join(root, 'calls.log')
    await using project = testProject(
      [{ name: 'native', command: process.execPath, args: [faultyServer, 'well', log], restart: quick }],
      { root },
    )
    const error = await failure(project.servers.client('native').call('segfault'))
    expect(error).toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
    expect(readFileSync(log, 'utf8').match(/segfault/gu)).toHaveLength(1)
  })

  it('an answer that is neither a result nor an error fails its call at once', async () => {
    await using project = testProject([{ name: 'mute', faulty: 'well' }])
    const error = await failure(project.servers.client('mute').call('null'))
    expect(error).toMatchObject({ code: 'TOOL_INVALID_RESULT', retryable: false })
  })

  it('a byte order mark before the first message is passed over', async () => {
    await using project = testProject([{ name: 'dotnet', faulty: 'byte-order-mark' }])
    await expect(project.servers.client('dotnet').call('echo', { text: 'read' })).resolves.toBe('read')
  })

  it('11: one that hangs is killed by the health check and started again', async () => {
    await using project = testProject([
      {
        name: 'hung',
        faulty: 'well',
        restart: quick,
        health: { interval: 0.05, timeout: 0.1, failures: 2 },
      },
    ])
    await project.servers.startAll()
    const pid = pidOf(project, 'hung')
    const client = project.servers.client('hung')
    const error = await failure(client.call('hang'))
    expect(error).toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
    await expect(client.call('echo', { text: 'new' })).resolves.toBe('new')
    expect(isAlive(pid)).toBe(false)
    expect(project.changes.map(({ to }) => to.kind)).toEqual(expect.arrayContaining(['degraded', 'backoff']))
  })

  it('18: a timeout is told in time, the server is told, and the late result is ignored', async () => {
    await using project = testProject([{ name: 'slow', faulty: 'well' }])
    await project.servers.startAll()
    const client = project.servers.client('slow')
    const before = performance.now()
    const error = await failure(client.call('slow', { ms: 400 }, { timeoutMs: 200 }))
    const took = performance.now() - before
    expect(error).toMatchObject({ code: 'TOOL_TIMEOUT', retryable: true })
    expect(took).toBeGreaterThanOrEqual(195)
    expect(took).toBeLessThan(2_500)
    await client.call('slow', { ms: 400 })
    const { cancelled } = JSON.parse(String(await client.call('meta'))) as { cancelled: unknown[] }
    expect(cancelled).toHaveLength(1)
  })

  it('19: an abort rejects at once, and the server is told', async () => {
    await using project = testProject([{ name: 'abort', faulty: 'well' }])
    await project.servers.startAll()
    const client = project.servers.client('abort')
    const controller = new AbortController()
    const call = failure(client.call('slow', { ms: 60_000 }, { signal: controller.signal }))
    setImmediate(() => controller.abort())
    expect(await call).toMatchObject({ code: 'TOOL_CANCELLED', retryable: false })
    const { cancelled } = JSON.parse(String(await client.call('meta'))) as { cancelled: unknown[] }
    expect(cancelled).toHaveLength(1)
    const aborted = failure(client.call('echo', {}, { signal: AbortSignal.abort() }))
    expect(await aborted).toMatchObject({ code: 'TOOL_CANCELLED' })
  })

  it('a structured result that breaks the output schema is refused', async () => {
    await using project = testProject([{ name: 'liar', faulty: 'well' }])
    expect((await failure(project.servers.client('liar').call('liar'))).code).toBe('TOOL_INVALID_RESULT')
  })
})

describe('the end of a server', () => {
  it('14: one that ignores its input and SIGTERM is gone within 1.5 s', async () => {
    await using project = testProject([{ name: 'deaf', faulty: 'deaf' }])
    await project.servers.startAll()
    const pid = pidOf(project, 'deaf')
    const before = performance.now()
    await project.servers.stopAll()
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(isAlive(pid)).toBe(false)
  })

  it('what a wrapper has started ends with it', async () => {
    const root = temporaryRoot()
    const pids = join(root, 'pids.log')
    await using project = testProject(
      [
        {
          name: 'wrapped',
          command: 'sh',
          args: ['-c', `"${process.execPath}" "${faultyServer}" deaf "${pids}"; true`],
        },
      ],
      { root },
    )
    await project.servers.startAll()
    const inner = Number(readFileSync(pids, 'utf8').trim())
    expect(inner).not.toBe(pidOf(project, 'wrapped'))
    await project.servers.stopAll()
    expect(isAlive(inner)).toBe(false)
  })

  it('calls under way may end before it is stopped', async () => {
    await using project = testProject([{ name: 'drain', faulty: 'well' }], { drainMs: 5_000 })
    await project.servers.startAll()
    const call = project.servers.client('drain').call('slow', { ms: 200 })
    await Promise.all([expect(call).resolves.toBe('late'), project.servers.stopAll()])
  })

  it('stopping while it starts leaves nothing behind', async () => {
    await using project = testProject([{ name: 'mute', faulty: 'silent', connectTimeout: 60 }])
    const starting = project.servers.startAll()
    await project.reached('mute', 'starting')
    await project.servers.stopAll()
    await starting
    expect(project.servers.status()[0]).toMatchObject({ state: 'stopped' })
    expect(project.servers.status()[0]).not.toHaveProperty('pid')
  })

  it('16: when the service is killed, a well-behaved server ends by itself and another is ended at the next start', async () => {
    const root = temporaryRoot()
    const host = new URL('./fixtures/host.fixture.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--import', tsx, host, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [first] = await new Promise<string[]>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('\n')) resolve(text.split('\n'))
      })
    })
    const { generated, stubborn } = JSON.parse(first ?? '{}') as { generated: number; stubborn: number }
    expect([isAlive(generated), isAlive(stubborn)]).toEqual([true, true])
    const killedAt = performance.now()
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await ended(generated)
    expect(performance.now() - killedAt).toBeLessThan(10_000)
    // Its pipes close before it is gone: a service that is seen alive keeps its servers.
    await gone
    expect(isAlive(stubborn)).toBe(true)
    await using project = testProject([], { root })
    await project.servers.startAll()
    expect(isAlive(stubborn)).toBe(false)
  })
})

describe('tools that change', () => {
  it('23: a tool whose description changes is blocked until it is approved, others stay', async () => {
    await using project = testProject([{ name: 'rug', faulty: 'well' }])
    await project.servers.startAll()
    const client = project.servers.client('rug')
    await expect(client.call('echo', { text: 'before' })).resolves.toBe('before')
    const since = project.changes.length
    await client.call('change')
    await project.reached('rug', 'ready', since)
    expect(await failure(client.call('echo', { text: 'after' }))).toMatchObject({ code: 'TOOL_CHANGED' })
    expect((await client.list()).map(({ name }) => name)).not.toContain('echo')
    await expect(client.call('meta')).resolves.toContain('cancelled')
    const approved = project.changes.length
    project.servers.approve('rug')
    await project.reached('rug', 'ready', approved)
    await expect(client.call('echo', { text: 'approved' })).resolves.toBe('approved')
  })

  it('the lock outlives the service: a server that lies in wait is caught at the next start', async () => {
    const root = temporaryRoot()
    {
      const first = testProject([{ name: 'rug', faulty: 'well' }], { root })
      await first.servers.startAll()
      await first.servers.stopAll()
    }
    const lock = readFileSync(join(root, 'tools.lock'), 'utf8')
    writeFileSync(join(root, 'tools.lock'), lock.replace(/"slow": "sha256-..../u, '"slow": "sha256-0000'))
    await using second = testProject([{ name: 'rug', faulty: 'changed' }], { root })
    await second.servers.startAll()
    const client = second.servers.client('rug')
    expect(await failure(client.call('slow', { ms: 1 }))).toMatchObject({ code: 'TOOL_CHANGED' })
    expect((await client.list()).map(({ name }) => name)).toContain('added')
  })
})

describe('what a server may see and do', () => {
  it('gets the variables that are named for it, and no others', async () => {
    await using project = testProject(
      [{ name: 'env', faulty: 'well', env: { GIVEN: 'yes' }, envAllow: ['ALLOWED'] }],
      { env: { PATH: process.env.PATH, ALLOWED: 'too', SECRET_KEY: 'no', HOME: '/home/me' } },
    )
    const env = JSON.parse(String(await project.servers.client('env').call('env'))) as Record<string, string>
    expect(env).toMatchObject({ GIVEN: 'yes', ALLOWED: 'too', HOME: '/home/me' })
    expect(env).not.toHaveProperty('SECRET_KEY')
  })

  it('denied tools are neither listed nor called', async () => {
    await using project = testProject([{ name: 'few', faulty: 'well', allow: ['e*', 'meta'], deny: ['env'] }])
    const client = project.servers.client('few')
    expect((await client.list()).map(({ name }) => name)).toEqual(['echo', 'meta'])
    expect((await failure(client.call('env'))).code).toBe('TOOL_DENIED')
    expect((await failure(client.call('crash'))).code).toBe('TOOL_DENIED')
    expect((await failure(client.call('ecko'))).hint).toContain('echo')
  })

  it('arguments are checked before they are sent', async () => {
    await using project = testProject([{ name: 'strict', faulty: 'well' }])
    const error = await failure(project.servers.client('strict').call('echo', { text: 7 }))
    expect(error).toMatchObject({ code: 'TOOL_INVALID_ARGUMENTS', retryable: false })
    expect(error.message).toContain('text')
  })

  it('a long text is cut where one can see it', async () => {
    await using project = testProject([
      { name: 'long', faulty: 'well', maxOutputBytes: 1_000, limits: { big: 100 } },
    ])
    const result = await project.servers.client('long').callTool('big', { bytes: 5_000 })
    expect(result.truncated).toBe(true)
    expect(result.text).toContain('4900 of 5000 bytes are not shown')
    await expect(
      project.servers.client('long').callTool('echo', { text: 'y'.repeat(900) }),
    ).resolves.toMatchObject({
      truncated: false,
    })
  })

  it('the idempotency key travels with the call', async () => {
    await using project = testProject([{ name: 'key', faulty: 'well' }])
    const text = await project.servers.client('key').call('meta', {}, { idempotencyKey: 'run:step:7' })
    expect(JSON.parse(String(text))).toMatchObject({ meta: { 'rgen.dev/idempotency-key': 'run:step:7' } })
  })
})
