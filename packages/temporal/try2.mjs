import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { conformanceAgents, conformanceFunctions, conformanceModule } from '@rgen/engine/conformance'
import { openTemporalDriver, startDevServer } from './dist/index.js'
const server = await startDevServer()
const restack = new Restack({ driver: openTemporalDriver({ address: server.address, modules: [fileURLToPath(conformanceModule)] }) })
await restack.startService({ agents: conformanceAgents, functions: conformanceFunctions(new Map(), () => restack) })
const id = 'r1', agent = { agentId: id }
const runId = await restack.scheduleAgent({ agentName: 'roundsAgent', agentId: id, input: { round: 0, heard: [] } })
restack.sendAgentEvent({ event: { name: 'late', input: 'for the last round' }, agent }).then((v) => console.log('late', v), (e) => console.log('late', String(e)))
console.log('a', await restack.sendAgentEvent({ event: { name: 'next', input: 'a' }, agent }))
await new Promise((r) => setTimeout(r, 1500))
console.log('b', await Promise.race([restack.sendAgentEvent({ event: { name: 'next', input: 'b' }, agent: { agentId: id, runId } }), new Promise((r) => setTimeout(r, 4000))]))
await new Promise((r) => setTimeout(r, 1500))
for (const run of (await restack.list({}))) { console.log(run.id, run.runId, run.status); console.log((await restack.history(run)).events.map((e) => `${e.type} ${e.name} ${JSON.stringify(e.data)?.slice(0, 150)}`)) }
console.log(await restack.describe({ id }))
await restack.close(); await server.stop(); process.exit(0)
