// openworkflow on one SQLite file. It asks for node:sqlite: where Node has none, it gets the driver that ours uses.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { join } from 'node:path'

const ours = createRequire(new URL('../../../packages/engine/package.json', import.meta.url))

export async function open({ folder, work, importPeer, requirePeer }) {
  const hasSqlite = Module.isBuiltin('node:sqlite')
  if (!hasSqlite) {
    const load = Module._load
    Module._load = (request, ...rest) =>
      request === 'node:sqlite' ? ours('@photostructure/sqlite') : load(request, ...rest)
  }
  const { OpenWorkflow } = await importPeer('openworkflow')
  const { BackendSqlite } = await importPeer('openworkflow/sqlite')
  const backend = BackendSqlite.connect(join(folder, 'openworkflow.db'))
  // As durable as ours, whatever the default of this build of SQLite is.
  backend.db.exec('PRAGMA synchronous = FULL')
  const client = new OpenWorkflow({ backend })
  const ended = new Map()
  let bodyBegan = 0
  const loop = client.defineWorkflow({ name: 'loop' }, async ({ input, step }) => {
    for (let index = 0; index < input.n; index += 1)
      await step.run({ name: `work-${index}` }, async () => work())
    ended.get(input.key)?.()
    return input.n
  })
  const replayed = client.defineWorkflow({ name: 'replayed' }, async ({ input, step }) => {
    bodyBegan = performance.now()
    for (let index = 0; index < input.n; index += 1)
      await step.run({ name: `work-${index}` }, async () => work())
    await step.sleep('leave memory', '10ms')
    return performance.now() - bodyBegan
  })
  const answers = new Map()
  const echo = client.defineWorkflow({ name: 'echo' }, async ({ step }) => {
    for (let index = 0; index < 1000; index += 1) {
      const value = await step.waitForSignal({ name: `wait-${index}`, signal: `say-${index}`, timeout: '1h' })
      await step.run({ name: `answer-${index}` }, async () => answers.get(index)?.(value))
    }
  })
  const worker = client.newWorker({ concurrency: 100 })
  await worker.start()
  let runs = 0
  return {
    version: versionOf(requirePeer.resolve('openworkflow')),
    note:
      'its worker and its client poll; steps per second count until the last body ends, a one-step run until its client knows. ' +
      `SQLite is ${hasSqlite ? 'node:sqlite' : 'the driver that ours uses'}, at synchronous=FULL.`,
    start: async (n) => (await loop.run({ n })).result(),
    run: async (n) => {
      const key = `run-${(runs += 1)}`
      const done = new Promise((resolve) => ended.set(key, resolve))
      await loop.run({ n, key })
      await done
    },
    echo: async () => {
      await echo.run({})
      let sent = 0
      return async (value) => {
        const index = sent++
        const answered = new Promise((resolve) => answers.set(index, resolve))
        // A signal that nobody waits for is dropped.
        for (;;) {
          const { workflowRunIds } = await client.sendSignal({ signal: `say-${index}`, data: value })
          if (workflowRunIds.length > 0) return answered
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
    },
    // A run of its may have 1 000 steps, the sleep among them.
    replay: async (steps) => (await replayed.run({ n: Math.min(steps, 990) })).result(),
    close: async () => {
      await worker.stop()
      await backend.stop()
    },
  }
}

function versionOf(entry) {
  for (let folder = join(entry, '..'); ; folder = join(folder, '..')) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).version
  }
}
