import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { conformanceAgents, conformanceCases, conformanceFunctions, conformanceModule } from '@rgen/engine/conformance'
import { openTemporalDriver, startDevServer } from './dist/index.js'
const filter = new RegExp(process.argv[2] ?? '')
const engineId = process.argv[3]
const server = await startDevServer()
const notes = new Map(), lines = []
let restack
const open = async () => {
  restack = new Restack({ driver: openTemporalDriver({ address: server.address, modules: [fileURLToPath(conformanceModule)], logger: { log: (level, message, fields) => lines.push({ level, message, fields }) }, ...(engineId ? { engineId } : {}) }) })
  const { childWorkflow, tickWorkflow, ...agents } = conformanceAgents
  await restack.startService({ agents, workflows: { childWorkflow, tickWorkflow }, functions: conformanceFunctions(notes, () => restack) })
}
await open()
const harness = { get restack() { return restack }, notes, lines, restart: async () => { const t = performance.now(); await restack.close(); console.log('   closed in', Math.round(performance.now() - t)); await open() } }
process.on('unhandledRejection', (e) => console.log('UNHANDLED', String(e)))
for (const one of conformanceCases.filter(({ title }) => filter.test(title))) {
  const t = performance.now()
  try { await Promise.race([one.run(harness), new Promise((_, r) => setTimeout(() => r(new Error('TOO LONG')), 15000))]); console.log('ok  ', Math.round(performance.now() - t), one.title) } catch (e) { console.log('FAIL', Math.round(performance.now() - t), one.title, '\n     ', String(e.message).split('\n').slice(0, 25).join('\n      '), e.cause ?? '') }
}
await restack.close(); await server.stop(); process.exit(0)
