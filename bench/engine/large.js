// 100 000 waiting agents: node large.js begin|cold <file>. `begin` starts them; `cold` is a new process that serves them.
const dist = new URL('../../packages/engine/dist/', import.meta.url)
const { default: Restack } = await import(new URL('index.js', dist).href)
const { condition, defineEvent, onEvent } = await import(new URL('agent.js', dist).href)

const [, , phase, database] = process.argv
const agents = 100_000
const events = 2_000

async function waiter() {
  const said = []
  onEvent(defineEvent('say'), (value) => said.push(value))
  await condition(() => said.length > 100)
}

const megabytes = () => Math.round(process.memoryUsage().rss / 1e6)
const restack = new Restack({ database, logger: { log: () => undefined } })
process.send(phase === 'begin' ? await begin() : await cold())
await restack.close()
process.disconnect()
process.exit()

async function begin() {
  await restack.startService({ agents: { waiter } })
  const startedAt = performance.now()
  let most = 0
  for (let first = 0; first < agents; first += 1_000) {
    const batch = Array.from({ length: 1_000 }, (_, index) => ({
      agentName: 'waiter',
      agentId: `a-${first + index}`,
    }))
    await Promise.all(batch.map((each) => restack.scheduleAgent(each)))
    most = Math.max(most, megabytes())
  }
  // The last ones have begun when they answer.
  await say(agents - 1, 'begun')
  return { agents, startSeconds: (performance.now() - startedAt) / 1000, megabytesWhileStarting: most }
}

async function cold() {
  const startedAt = performance.now()
  await restack.startService({ agents: { waiter } })
  await say(agents - 2, 'ready')
  const readySeconds = (performance.now() - startedAt) / 1000
  const megabytesReady = megabytes()
  const samples = []
  for (let index = 0; index < events; index += 1) {
    const before = performance.now()
    // No agent is asked twice: 7 919 and the number of agents have no common factor.
    await say((index * 7_919) % agents, 'cold')
    samples.push(performance.now() - before)
  }
  samples.sort((a, b) => a - b)
  return {
    readySeconds,
    megabytesReady,
    events,
    coldMs: samples[events / 2],
    coldP99Ms: samples[events * 0.99],
    megabytesAfter: megabytes(),
  }
}

function say(number, value) {
  return restack.sendAgentEvent({ agent: { agentId: `a-${number}` }, event: { name: 'say', input: value } })
}
