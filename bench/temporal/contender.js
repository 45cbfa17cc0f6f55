// One contender in a process of its own: node contender.js <embedded|rgen|temporal> <address>. Prints JSON.
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as agents from './agents.js'

const [name, address] = process.argv.slice(2)
const require = createRequire(new URL('../../packages/temporal/package.json', import.meta.url))
const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const functions = { increment: async (n) => n + 1 }

/** Each opens an engine with the two agents, and answers how to run one of them and how to close. */
const contenders = {
  async embedded() {
    const { Restack } = await import('../../packages/engine/dist/index.js')
    const folder = mkdtempSync(join(tmpdir(), 'rgen-bench-'))
    const opened = await openRestack(new Restack({ database: join(folder, 'engine.db') }))
    return { ...opened, close: () => opened.close().then(() => rmSync(folder, { recursive: true })) }
  },
  async rgen() {
    const { Restack } = await import('../../packages/engine/dist/index.js')
    const { openTemporalDriver } = await import('../../packages/temporal/dist/index.js')
    return openRestack(new Restack({ driver: openTemporalDriver({ address, modules: [here('agents.js')] }) }))
  },
  async temporal() {
    const {
      bundleWorkflowCode,
      DefaultLogger,
      NativeConnection,
      Runtime,
      Worker,
    } = require('@temporalio/worker')
    const { Client, Connection } = require('@temporalio/client')
    Runtime.install({ logger: new DefaultLogger('ERROR') })
    const workflow = dirname(require.resolve('@temporalio/workflow/package.json'))
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: here('peer-workflows.cjs'),
      logger: new DefaultLogger('ERROR'),
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, alias: { ...config.resolve.alias, '@temporalio/workflow': workflow } },
      }),
    })
    const taskQueue = 'peer'
    const worker = await Worker.create({
      connection: await NativeConnection.connect({ address }),
      taskQueue,
      workflowBundle,
      activities: functions,
    })
    const ended = worker.run()
    const client = new Client({ connection: await Connection.connect({ address }) })
    return {
      run: (type, workflowId, input) =>
        client.workflow.execute(type, { workflowId, taskQueue, args: [input] }),
      close: () => (worker.shutdown(), ended),
    }
  },
}

async function openRestack(restack) {
  await restack.startService({ agents, functions })
  return {
    run: async (agentName, agentId, input) => {
      await restack.scheduleAgent({ agentName, agentId, input })
      return restack.getAgentResult({ agentId })
    },
    close: () => restack.close(),
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
async function timed(work) {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const startedAt = performance.now()
const { run, close } = await contenders[name]()
const startMs = performance.now() - startedAt
globalThis.gc?.()
const idleMb = process.memoryUsage().rss / 1e6
for (let n = 0; n < 5; n += 1) await run('sequentialAgent', `${name}-warm-${n}`, 3)
const results = []
for (let n = 0; n < 20; n += 1) results.push(await timed(() => run('sequentialAgent', `${name}-one-${n}`, 1)))
const sequential = []
for (let n = 0; n < 3; n += 1)
  sequential.push((await timed(() => run('sequentialAgent', `${name}-seq-${n}`, 30))) / 30)
const parallel = []
for (let n = 0; n < 3; n += 1) {
  const runs = Array.from({ length: 10 }, (_, index) => run('parallelAgent', `${name}-par-${n}-${index}`, 10))
  parallel.push(100_000 / (await timed(() => Promise.all(runs))))
}
await close()
console.log(
  JSON.stringify({
    startMs,
    idleMb,
    startToResultMs: median(results),
    stepMs: median(sequential),
    stepsPerSecond: median(parallel),
  }),
)
process.exit(0)
