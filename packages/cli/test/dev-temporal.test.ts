import { describe, expect, it } from '@jest/globals'
import { folderWith, projectWith, rgen, startRgen, writeInto } from './rgen.fixture.ts'

const service = `
console.log(JSON.stringify({ level: 30, time: 1, msg: "engine", driver: process.env.RGEN_ENGINE_DRIVER, address: process.env.RGEN_ENGINE_ADDRESS }));
const alive = setInterval(() => {}, 1000);
process.once("SIGTERM", () => clearInterval(alive));
process.send?.({
  type: "ready", pid: process.pid, engine: { driver: "temporal", place: "" }, taskQueue: "restack",
  agents: [], workflows: [], functions: [], toolServers: [], llm: { providers: ["mock"] },
});
`

/** A project whose @rgen/temporal is this module: what is tried is who starts and stops the server, not the server. */
function projectWithTemporal(module: string): string {
  const packageJson = JSON.stringify({
    name: '@rgen/temporal',
    type: 'module',
    exports: { default: './index.js' },
  })
  const root = folderWith({
    'package.json': JSON.stringify({ type: 'module', dependencies: { '@rgen/runtime': '*' } }),
    'server/service.ts': service,
    'node_modules/@rgen/temporal/package.json': packageJson,
    'node_modules/@rgen/temporal/index.js': module,
  })
  // tsx, as the project would have it.
  const tsx = projectWith({})
  writeInto(root, 'node_modules/tsx/package.json', JSON.stringify({ name: 'tsx', exports: './index.mjs' }))
  writeInto(
    root,
    'node_modules/tsx/index.mjs',
    `import ${JSON.stringify(`${tsx}/node_modules/tsx/dist/loader.mjs`)}`,
  )
  return root
}

const server = `
export async function startDevServer({ database }) {
  return { address: "127.0.0.1:7999", stop: async () => console.error("server of " + database.split("/").at(-1) + " stopped") };
}
`

describe('rgen dev --engine temporal', () => {
  it('starts a server, hands its address to the service, and stops it after the service', async () => {
    const dev = startRgen(['dev', '--engine', 'temporal'], projectWithTemporal(server))
    const text = await dev.until(/Ready/)
    expect(text).toContain('driver=temporal address=127.0.0.1:7999')
    expect(text).toContain('From another terminal: TEMPORAL_ADDRESS=127.0.0.1:7999 rgen run …')
    dev.child.kill('SIGINT')
    const { code, err } = await dev.outcome
    expect(code).toBe(0)
    expect(err).toContain('server of temporal.db stopped')
  })

  it('starts none where one is named', async () => {
    const dev = startRgen(['dev', '--engine', 'temporal'], projectWithTemporal(server), {
      TEMPORAL_ADDRESS: 'far:7233',
    })
    expect(await dev.until(/Ready/)).not.toContain('✓ Temporal at')
    dev.child.kill('SIGINT')
    expect(await dev.outcome).toMatchObject({ code: 0, err: expect.not.stringContaining('stopped') })
  })

  it('says what is missing: a server, or the package', async () => {
    const none = `export async function startDevServer() {
      throw Object.assign(new Error("There is no Temporal server"), { code: "TEMPORAL_NO_SERVER", hint: "Install the Temporal CLI." });
    }`
    expect(await rgen(['dev', '--engine', 'temporal'], projectWithTemporal(none))).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        '✖ There is no Temporal server\n  Install the Temporal CLI.\n  TEMPORAL_NO_SERVER',
      ),
    })
    const root = projectWith({ 'server/service.ts': service })
    expect(await rgen(['dev', '--engine', 'temporal'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        '✖ --engine temporal needs the package @rgen/temporal\n  Add it: pnpm add @rgen/temporal',
      ),
    })
  })
})
