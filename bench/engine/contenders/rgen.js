// The embedded engine on one SQLite file, with synchronous=FULL.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const dist = new URL('../../../packages/engine/dist/', import.meta.url)
const { default: Restack, replayHistory } = await import(new URL('index.js', dist).href)
const { condition, defineEvent, onEvent, step } = await import(new URL('agent.js', dist).href)
const { version } = JSON.parse(readFileSync(new URL('../package.json', dist), 'utf8'))

async function loop(n) {
  const { work } = step({ startToCloseTimeout: '1 minute' })
  for (let index = 0; index < n; index += 1) await work()
  return n
}

async function echo() {
  onEvent(defineEvent('say'), (value) => value)
  await condition(() => false)
}

export async function open({ folder, work }) {
  const restack = new Restack({ database: join(folder, 'engine.db'), logger: { log: () => undefined } })
  await restack.startService({
    workflows: { loop },
    agents: { echo },
    functions: { work: async () => work() },
  })
  let runs = 0
  const start = async (n) => {
    const workflowId = `run-${(runs += 1)}`
    await restack.scheduleWorkflow({ workflowName: 'loop', workflowId, input: n })
    await restack.getWorkflowResult({ workflowId })
    return workflowId
  }
  return {
    version,
    start,
    run: start,
    echo: async () => {
      await restack.scheduleAgent({ agentName: 'echo', agentId: 'echo' })
      return (value) =>
        restack.sendAgentEvent({ agent: { agentId: 'echo' }, event: { name: 'say', input: value } })
    },
    replay: async (steps) => {
      const history = await restack.history({ id: await start(steps) })
      const samples = []
      for (let round = 0; round < 5; round += 1) {
        const startedAt = performance.now()
        const { kind } = await replayHistory(history, { workflows: { loop } })
        if (kind !== 'same') throw new Error(`replay: ${kind}`)
        samples.push(performance.now() - startedAt)
      }
      return samples.toSorted((a, b) => a - b)[2]
    },
    close: () => restack.close(),
  }
}
