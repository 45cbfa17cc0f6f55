import { afterAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderWith, projectWith, rgen, startRgen, writeInto } from './rgen.fixture.ts'

const packages = fileURLToPath(new URL('../..', import.meta.url))
const installed = fileURLToPath(new URL('../node_modules', import.meta.url))

/** The part of @rgen/temporal that starts a server for this test; the command line itself never loads it here. */
interface TemporalPackage {
  startDevServer(options: {
    readonly download: boolean
  }): Promise<{ readonly address: string; stop(): Promise<void> }>
}

const files = {
  'package.json': JSON.stringify({ name: 'sample', type: 'module', dependencies: { '@rgen/runtime': '*' } }),
  'server/service.ts': `
import { startService } from "@rgen/runtime/service";
import * as agents from "../src/agents/index.ts";
import * as functions from "../src/functions/index.ts";

await startService({ root: new URL("..", import.meta.url), agents, functions });
`,
  'src/agents/index.ts': `
import { agentContinueAsNew, condition, step } from "@rgen/runtime/agent";
import type * as functions from "../functions/index.ts";

export async function napAgent({ naps }: { naps: number }): Promise<void> {
  if (naps === 0) await condition(() => false);
  await step<typeof functions>().nap();
  await agentContinueAsNew({ naps: naps - 1 });
}
`,
  'src/functions/index.ts': `
import { existsSync } from "node:fs";
import { sleep } from "@rgen/runtime/function";

/** Ends once the project has a file \`awake\`. */
export async function nap(): Promise<void> {
  while (!existsSync("awake")) await sleep(100);
}
`,
}

/** A project with all of our packages installed. */
function projectWithTemporal(): string {
  const root = folderWith(files)
  const ours = join(root, 'node_modules', '@rgen')
  mkdirSync(ours, { recursive: true })
  symlinkSync(join(installed, 'tsx'), join(root, 'node_modules', 'tsx'), 'dir')
  for (const name of readdirSync(join(installed, '@rgen')))
    symlinkSync(join(packages, name), join(ours, name), 'dir')
  symlinkSync(join(packages, 'temporal'), join(ours, 'temporal'), 'dir')
  return root
}

async function findServer(): Promise<Awaited<ReturnType<TemporalPackage['startDevServer']>> | undefined> {
  const temporal = (await import(join(packages, 'temporal', 'dist', 'index.js'))) as TemporalPackage
  try {
    return await temporal.startDevServer({ download: false })
  } catch (error) {
    if (process.env['RGEN_REQUIRE_TEMPORAL'] === '1') throw error
    console.warn(
      'Skipped: rgen engine move on a real Temporal server; scripts/temporal-server.sh builds one.',
    )
    return undefined
  }
}

const server = await findServer()

describe('rgen engine move', () => {
  afterAll(() => server?.stop())

  it('says what is missing: the address, the package, or the server', async () => {
    const root = projectWith(files)
    expect(await rgen(['engine', 'move'], root, { TEMPORAL_ADDRESS: '' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Which server? --address is not given'),
    })
    expect(await rgen(['engine', 'move', '--address', '127.0.0.1:1'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Moving to Temporal needs the package @rgen/temporal'),
    })
    expect(await rgen(['engine', 'move', '--address', '127.0.0.1:1'], projectWithTemporal())).toMatchObject({
      code: 1,
      err: expect.stringContaining('TEMPORAL_CONNECTION'),
    })
  })

  const onServer = server === undefined ? it.skip : it
  onServer(
    'takes agents over where they continue as new, and says what is left until then',
    async () => {
      const { address = '' } = server ?? {}
      const root = projectWithTemporal()
      const dev = startRgen(['dev'], root)
      await dev.until(/Ready/)
      const run = ['run', 'Nap', '{"naps":1}', '--id', 'nap-1', '--no-wait']
      expect(await rgen(run, root)).toMatchObject({ code: 0 })
      // Under way only once its code has run.
      while (!(await rgen(['history', 'nap-1'], root)).out.includes('StepScheduled'));
      dev.child.kill('SIGINT')
      await dev.outcome

      const early = await rgen(['engine', 'move', '--address', address, '--wait', '0', '--json'], root)
      expect(early).toMatchObject({ code: 1, err: '', out: expect.stringContaining('napAgent') })
      expect(JSON.parse(early.out)).toMatchObject({ runs: [], left: [{ id: 'nap-1', type: 'napAgent' }] })
      writeInto(root, 'awake', '')
      // Where to, and what things are called there, is what the settings say.
      const codecKey = Buffer.alloc(32, 7).toString('base64')
      writeInto(
        root,
        'config/settings.yaml',
        `engine: { driver: temporal, address: "${address}", engine_id: lab, codec_key: "${codecKey}" }`,
      )
      const moved = await rgen(['engine', 'move', '--wait', '60'], root)
      expect(moved).toMatchObject({ code: 0, out: expect.stringContaining('✓ napAgent nap-1') })
      expect(moved.out).toContain('Nothing is left on the embedded engine.')
      const described = await rgen(['describe', 'nap-1', '--json'], root)
      expect(JSON.parse(described.out)).toMatchObject({ id: 'nap-1', status: 'running' })
      const plain = await rgen(['describe', 'lab-nap-1', '--json'], root, {
        RGEN_ENGINE_CONVENTIONS: 'plain',
      })
      expect(JSON.parse(plain.out)).toMatchObject({ id: 'lab-nap-1' })
    },
    240_000,
  )
})
