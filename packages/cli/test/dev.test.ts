import { describe, expect, it } from '@jest/globals'
import { projectWith, rgen, startRgen, writeInto } from './rgen.fixture.ts'

// A service that speaks to rgen as `startService` does, and starts a process of its own as a tool server is one.
const service = `
import { spawn } from "node:child_process";
import { name } from "../src/name.ts";
const tool = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
console.log(JSON.stringify({ level: 30, time: Date.now(), msg: "hello " + name, greeting: process.env.GREETING, tool: tool.pid }));
process.once("SIGTERM", () => {
  console.log(JSON.stringify({ level: 30, time: Date.now(), msg: "goodbye " + name }));
  if (process.env.STUBBORN) return;
  tool.kill();
  clearInterval(alive);
});
const alive = setInterval(() => {}, 1000);
process.send?.({
  type: "ready", pid: process.pid, engine: { driver: "embedded", place: process.cwd() + "/.rgen/engine.db" }, taskQueue: "restack",
  agents: [name], workflows: [], functions: [], toolServers: [], llm: { providers: ["mock"] },
});
`

const project = (name = 'one') =>
  projectWith({
    'server/service.ts': service,
    'src/name.ts': `export const name: string = "${name}";`,
    '.env': 'GREETING=hi',
  })

const pidsIn = (text: string) => [...text.matchAll(/tool=(\d+)/g)].map(([, pid]) => Number(pid))

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Answers when the process is gone; the operating system takes a moment to say so. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

describe('rgen dev', () => {
  it('starts the service with .env, says what is where, and ends it in order on Ctrl+C', async () => {
    const dev = startRgen(['dev'], project())
    const text = await dev.until(/Ready in \d+ ms[\s\S]*llm/)
    expect(text).toMatch(/INFO {2}hello one greeting=hi/)
    expect(text).toMatch(/engine {5}\.rgen\/engine\.db/)
    dev.child.kill('SIGINT')
    const { code, out } = await dev.outcome
    expect(code).toBe(0)
    expect(out).toContain('goodbye one')
    expect(pidsIn(out).filter(isAlive)).toEqual([])
  })

  it('starts the service again after a change, one service at a time', async () => {
    const root = project()
    const dev = startRgen(['dev'], root)
    await dev.until(/Ready/)
    writeInto(root, 'src/name.ts', 'export const name: string = "two";')
    const text = await dev.until(/hello two/)
    expect(text.indexOf('goodbye one')).toBeLessThan(text.indexOf('hello two'))
    dev.child.kill('SIGINT')
    expect((await dev.outcome).code).toBe(0)
  })

  it('shows a mistake with its place, keeps watching, and goes on when it is mended', async () => {
    const root = project()
    const dev = startRgen(['dev'], root)
    await dev.until(/Ready/)
    writeInto(root, 'src/name.ts', 'export const name = = "two";')
    expect(await dev.until(/waiting for a change/)).toContain(
      '✖ Unexpected "="\n  src/name.ts:1:21\n  1 | export const name = = "two";\n    |                     ^\n  CLI_SERVICE_ENDED · waiting for a change',
    )
    writeInto(root, 'src/name.ts', 'export const name = "mended";')
    await dev.until(/hello mended/)
    dev.child.kill('SIGINT')
    const { code, err } = await dev.outcome
    expect(code).toBe(0)
    expect(err).not.toContain('    at ')
  })

  it('words an error of ours, and spares its stack', async () => {
    const root = projectWith({
      'server/service.ts':
        'await Promise.resolve(); throw Object.assign(new Error("the key stands here a second time"), ' +
        '{ code: "CONFIG_SYNTAX", file: "config/tools.yaml", line: 3, column: 5, hint: "Remove one." })',
    })
    const dev = startRgen(['dev'], root)
    expect(await dev.until(/waiting for a change/)).toContain(
      '✖ the key stands here a second time\n  config/tools.yaml:3:5\n  Remove one.\n  CONFIG_SYNTAX · waiting for a change',
    )
    dev.child.kill('SIGINT')
    expect((await dev.outcome).err).not.toContain('    at ')
    const started = await rgen(['start'], root)
    expect(started).toMatchObject({ code: 1, err: expect.stringContaining('CONFIG_SYNTAX') })
  })

  it('ends a service that does not stop, and what it started, at the second Ctrl+C', async () => {
    const dev = startRgen(['dev'], project(), { STUBBORN: '1' })
    await dev.until(/Ready/)
    dev.child.kill('SIGINT')
    await dev.until(/goodbye/)
    dev.child.kill('SIGINT')
    const { code, out } = await dev.outcome
    expect(code).toBe(0)
    await Promise.all(pidsIn(out).map(gone))
  })

  it('leaves no process behind when it is itself killed', async () => {
    const dev = startRgen(['dev'], project())
    const text = await dev.until(/Ready/)
    dev.child.kill('SIGKILL')
    await dev.outcome
    await Promise.all(pidsIn(text).map(gone))
  })

  it('says that a folder is no project, and that the dependencies are missing', async () => {
    const missing = await rgen(['dev'], projectWith({}))
    expect(missing.code).toBe(1)
    expect(missing.err).toMatch(/^✖ The project has no server\/service\.ts/)
    const nowhere = await rgen(['dev', '--cwd', '/'], '/')
    expect(nowhere.code).toBe(1)
    expect(nowhere.err).toMatch(/^✖ No rgen project in \/ or above it\n {2}Go to your project/)
  })
})

describe('rgen start', () => {
  it('leaves the log as JSON, runs in production mode, and fails when the service ends by itself', async () => {
    const root = projectWith({
      'server/service.ts': 'console.log(JSON.stringify({ level: 30, time: 1, msg: process.env.NODE_ENV }))',
    })
    const { code, out, err } = await rgen(['start'], root, { NODE_ENV: '' })
    expect(code).toBe(1)
    expect(out).toContain('{"level":30,"time":1,"msg":"production"}')
    expect(err).toContain('CLI_SERVICE_ENDED')
  })

  it('ends in order on SIGTERM', async () => {
    const start = startRgen(['start'], project())
    await start.until(/hello one/)
    start.child.kill('SIGTERM')
    expect(await start.outcome).toMatchObject({ code: 0 })
  })
})
