import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { projectWith, rgen, startRgen, writeInto, type RunningRgen } from './rgen.fixture.ts'

// The engine alone: what the router, tools and prompts add to a service is no business of these commands.
const service = `
import { Restack } from "@rgen/engine";
import { condition, defineEvent, defineState, onEvent, onState, sleep, step } from "@rgen/engine/agent";

const message = defineEvent("message");
const end = defineEvent("end");
const messages = defineState("messages");

export async function conciergeAgent() {
  const heard: string[] = [];
  let isOver = false;
  onState(messages, () => heard);
  onEvent(message, async (input: { text: string }) => ({ count: heard.push(input.text) }));
  onEvent(end, async () => { isOver = true; });
  await condition(() => isOver);
  return heard;
}
export async function greetAgent(input: { name: string }) {
  return { greeting: await step<any>({}).greet(input) };
}
export async function brokenWorkflow() {
  await step<any>({ retry: { maximumAttempts: 1 } }).boil();
}
export async function slowAgent() {
  await sleep("1 hour");
}

const engine = new Restack({ database: ".rgen/engine.db", logger: { log: () => {} } });
const service = await engine.startService({
  agents: { conciergeAgent, greetAgent, slowAgent },
  workflows: { brokenWorkflow },
  functions: {
    greet: async (input: { name: string }) => "Hello " + input.name,
    boil: async () => { throw new Error("the kettle is broken"); },
  },
});
process.once("SIGTERM", async () => { await service.stop(); await engine.close(); });
process.send?.({
  type: "ready", pid: process.pid, engine: { driver: "embedded", place: process.cwd() + "/.rgen/engine.db" }, taskQueue: "restack",
  agents: [], workflows: [], functions: [], toolServers: [], llm: { providers: ["mock"] },
});
`

describe('with a running service', () => {
  const root = projectWith({ 'server/service.ts': service })
  let dev: RunningRgen

  beforeAll(async () => {
    dev = startRgen(['dev', '--no-watch'], root)
    await dev.until(/Ready/)
  })
  afterAll(async () => {
    dev.child.kill('SIGINT')
    await dev.outcome
  })

  it('prints the result alone to standard output, and the id first to standard error', async () => {
    const { code, out, err } = await rgen(['run', 'Greet', '{"name": "Ada"}'], root)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ greeting: 'Hello Ada' })
    expect(err).toMatch(/^▸ greetAgent greet-[0-9a-f]{6} run [0-9a-f-]{36}\n$/)
  })

  it('keeps the id that is given, reads a file, and tells all with --json', async () => {
    writeInto(root, 'input.json', '{"name": "Grace"}')
    const { out } = await rgen(
      ['run', 'greet-agent', '--input-file', 'input.json', '--id', 'grace', '--json'],
      root,
    )
    expect(JSON.parse(out)).toMatchObject({
      id: 'grace',
      name: 'greetAgent',
      result: { greeting: 'Hello Grace' },
    })
    expect(JSON.parse((await rgen(['result', 'grace'], root)).out)).toEqual({ greeting: 'Hello Grace' })
  })

  it('carries an agent through its life: start, events, state, end, result', async () => {
    expect(await rgen(['run', 'Concierge', '--id', 'c1', '--no-wait'], root)).toMatchObject({
      code: 0,
      out: '',
    })
    expect(JSON.parse((await rgen(['event', 'c1', 'message', '{"text": "hi"}'], root)).out)).toEqual({
      count: 1,
    })
    expect(JSON.parse((await rgen(['state', 'c1', 'messages'], root)).out)).toEqual(['hi'])
    expect(await rgen(['event', 'c1', 'end'], root)).toMatchObject({ code: 0, out: '' })
    expect(JSON.parse((await rgen(['result', 'c1'], root)).out)).toEqual(['hi'])
    const history = JSON.parse((await rgen(['history', 'c1', '--json'], root)).out)
    expect(history).toMatchObject({ format: 'rgen-history-1', id: 'c1', status: 'completed' })
    expect((await rgen(['history', 'c1'], root)).out).toMatch(/EventCompleted +message #\d+ +\{"count":1\}/)
  })

  it('says that an event or state does not exist, with those that do', async () => {
    await rgen(['run', 'Concierge', '--id', 'c2', '--no-wait'], root)
    expect(await rgen(['event', 'c2', 'mesage', '{}'], root)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no handler for mesage.*message[\s\S]*ENGINE_UNKNOWN_EVENT/),
    })
    expect(await rgen(['state', 'c2', 'mesages'], root)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/messages[\s\S]*ENGINE_UNKNOWN_STATE/),
    })
  })

  it('fails as the run failed, and says where to look', async () => {
    const { code, out, err } = await rgen(['run', 'broken', '--id', 'b1'], root)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('the kettle is broken')
    expect(err).toContain('What happened: rgen history b1\n  ENGINE_RUN_FAILED')
  })

  it('stops waiting after --timeout, and on Ctrl+C, and the run goes on', async () => {
    const late = await rgen(['run', 'Slow', '--id', 's1', '--timeout', '50ms'], root)
    expect(late).toMatchObject({
      code: 1,
      err: expect.stringContaining('Fetch its result later: `rgen result s1`'),
    })
    const waiting = startRgen(['run', 'Slow', '--id', 's2'], root)
    await waiting.until(/slowAgent s2/)
    waiting.child.kill('SIGINT')
    const interrupted = await waiting.outcome
    expect(interrupted).toMatchObject({ code: 130, out: '' })
    expect(interrupted.err).toMatch(/The run goes on[\s\S]*rgen result s2[\s\S]*rgen cancel s2/)
    const { out } = await rgen(['list', '--status', 'running', '--id', 's*', '--json'], root)
    const running = (JSON.parse(out) as { id: string }[]).map(({ id }) => id)
    expect(running.sort()).toEqual(['s1', 's2'])
  })

  it('cancels and terminates, and describes what became of it', async () => {
    await rgen(['run', 'Slow', '--id', 'x1', '--no-wait'], root)
    expect(await rgen(['cancel', 'x1'], root)).toMatchObject({ code: 0 })
    expect(await rgen(['result', 'x1'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENGINE_CANCELLED'),
    })
    await rgen(['run', 'Slow', '--id', 'x2', '--no-wait'], root)
    expect(await rgen(['terminate', 'x2', '--reason', 'enough'], root)).toMatchObject({ code: 0 })
    expect((await rgen(['describe', 'x2'], root)).out).toMatch(/^x2 slowAgent\n[\s\S]* status +terminated\n/)
  })

  it('refuses an id that is running, and suggests the id that was meant', async () => {
    await rgen(['run', 'Slow', '--id', 'quarterly-report', '--no-wait'], root)
    expect(await rgen(['run', 'Slow', '--id', 'quarterly-report'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENGINE_ID_IN_USE'),
    })
    expect((await rgen(['describe', 'quartely-report'], root)).err).toMatch(
      /no run quartely-report[\s\S]*Did you mean quarterly-report\?[\s\S]*CLI_UNKNOWN_RUN/,
    )
  })

  it('suggests the name that was meant', async () => {
    const { code, err } = await rgen(['run', 'Conciege', '{}'], root)
    expect(code).toBe(1)
    expect(err).toMatch(/^✖ There is no agent or workflow "Conciege"\n {2}Did you mean conciergeAgent\?/)
  })

  it('points at a mistake in JSON before anything is started', async () => {
    const { code, err } = await rgen(['run', 'Greet', "{'name': 1}"], root)
    expect(code).toBe(2)
    expect(err).toContain("  <input>:1:2\n  1 | {'name': 1}\n    |  ^\n")
    expect(err).not.toContain('▸')
  })

  it('replays a run and a kept history against the code of today, and shows where it differs', async () => {
    const greet = (first: string) =>
      `import { step } from "@rgen/engine/agent";\nexport async function greetAgent(input: { name: string }) {\n  return { greeting: await step<any>({}).${first}(input) };\n}\n`
    writeInto(root, 'src/agents/index.ts', greet('greet'))
    await rgen(['run', 'Greet', '{"name": "Ada"}', '--id', 'r1'], root)
    expect(await rgen(['replay', 'r1'], root)).toMatchObject({ code: 0, err: '' })
    writeInto(root, 'kept.json', (await rgen(['history', 'r1', '--json'], root)).out)
    expect(JSON.parse((await rgen(['replay', 'kept.json', '--json'], root)).out)).toMatchObject({
      id: 'r1',
      same: true,
    })

    writeInto(root, 'src/agents/index.ts', greet('salute'))
    const { code, err } = await rgen(['replay', 'kept.json'], root)
    expect(code).toBe(1)
    expect(err).toMatch(/^✖ greetAgent r1 does not replay: at event \d+/)
    expect(err).toContain('src/agents/index.ts:3:')
    expect(err).toContain('salute(input)')
    expect(err).toContain('ENGINE_NONDETERMINISM')

    writeInto(root, 'src/agents/index.ts', 'export const = 1\n')
    expect((await rgen(['replay', 'r1'], root)).err).toMatch(
      /src\/agents\/index\.ts:1:\d+[\s\S]*CLI_REPLAY_FAILED/,
    )
    expect((await rgen(['replay', 'input.json'], root)).err).toContain('✖ input.json is no history of a run')
    expect((await rgen(['replay', 'none.json'], root)).err).toContain('✖ There is no file none.json')
  })

  it('forks a run from an event on, which then happens anew', async () => {
    await rgen(['run', 'Greet', '{"name": "Ada"}', '--id', 'f1'], root)
    const forked = await rgen(['fork', 'f1', '--at', '1', '--new-id', 'f2'], root)
    expect(forked).toMatchObject({ code: 0, out: expect.stringMatching(/^▸ f2 run /) })
    expect(JSON.parse((await rgen(['result', 'f2'], root)).out)).toEqual({ greeting: 'Hello Ada' })
    expect(await rgen(['fork', 'f1'], root)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--at is missing'),
    })
    expect(await rgen(['fork', 'f1', '--at', '0'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENGINE_FORK'),
    })
  })

  it('lists runs by name in any spelling', async () => {
    const { out } = await rgen(['list', '--type', 'greet-agent', '--limit', '2'], root)
    const [heading, ...rows] = out.trimEnd().split('\n')
    expect(heading).toMatch(/^ID +NAME +STATUS +STARTED +TIME +EVENTS$/)
    expect(rows.every((row) => row.includes('greetAgent'))).toBe(true)
    expect((await rgen(['list', '--status', 'complete'], root)).err).toContain(
      'Did you mean --status=completed?',
    )
  })
})

describe('without a running service', () => {
  it('says to start it when nothing has ever run, and makes no database', async () => {
    const root = projectWith({})
    for (const argv of [['list'], ['run', 'Greet'], ['result', 'x'], ['event', 'x', 'y']]) {
      const { code, err } = await rgen(argv, root)
      expect({ argv, code }).toEqual({ argv, code: 1 })
      expect(err).toBe(
        '✖ Nothing has run in this project yet\n  Start it in another terminal: `rgen dev`.\n  CLI_NEVER_STARTED\n',
      )
    }
    expect(readdirSync(root)).not.toContain('.rgen')
  })

  it('still tells what has been, once the service has stopped', async () => {
    const root = projectWith({ 'server/service.ts': service })
    const dev = startRgen(['dev', '--no-watch'], root)
    await dev.until(/Ready/)
    await rgen(['run', 'Greet', '{"name": "Ada"}', '--id', 'a'], root)
    await rgen(['run', 'Concierge', '--id', 'c', '--no-wait'], root)
    dev.child.kill('SIGINT')
    await dev.outcome
    expect(JSON.parse((await rgen(['result', 'a'], root)).out)).toEqual({ greeting: 'Hello Ada' })
    for (const argv of [
      ['run', 'Greet', '{}'],
      ['event', 'c', 'message', '{}'],
      ['state', 'c', 'messages'],
      ['result', 'c'],
    ])
      expect(await rgen(argv, root)).toMatchObject({
        code: 1,
        err: expect.stringContaining('CLI_NOT_RUNNING'),
      })
    expect(await rgen(['event', 'c', 'end', '--no-wait'], root)).toMatchObject({ code: 0 })
  })

  it('says so when the database file is none, and leaves it alone', async () => {
    const root = projectWith({ '.rgen/engine.db': 'This is a letter, and no database at all. '.repeat(40) })
    const { code, err } = await rgen(['list'], root)
    expect(code).toBe(1)
    expect(err).toMatch(/^✖ .*engine\.db.*not a database\n.*Move that file away[\s\S]*ENGINE_DATABASE\n$/)
    expect(readdirSync(join(root, '.rgen'))).toEqual(['engine.db'])
  })
})
