// What calling a tool through rgen costs over the bare SDK, in one run: the same server, the same call, the same
// machine, rounds of both in turn. A ratio is the median over the rounds of rgen's time by the SDK's in the same round:
// other work on the machine then hits both. `CPU` is what this process, the client, spends. Aim: within 5 %.
//   node bench/tools/bench.js [--json] [--rounds 31]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '31' } },
})
const rounds = Number(values.rounds)
const runtime = new URL('../../packages/runtime/node_modules/', import.meta.url)
const load = (file) => import(new URL(file, runtime).href)
const [
  { Client, StreamableHTTPClientTransport },
  { StdioClientTransport },
  { ToolServerManager, toolsConfig, serverSettings },
] = await Promise.all([
  load('@modelcontextprotocol/client/dist/index.mjs'),
  load('@modelcontextprotocol/client/dist/stdio.mjs'),
  import('../../packages/runtime/dist/tools.js'),
])

const server = fileURLToPath(new URL('./server.js', import.meta.url))
const port = 18_499
const root = mkdtempSync(join(tmpdir(), 'rgen-bench-tools-'))
const entries = toolsConfig.parse({
  servers: [
    { name: 'stdio', command: process.execPath, args: [server] },
    { name: 'web', module: server, transport: 'http', port },
  ],
}).servers
const manager = new ToolServerManager({
  root,
  settings: { servers: entries.map((entry) => serverSettings(entry)) },
})

async function bareClient(transport, options) {
  const client = new Client({ name: 'bench', version: '1.0.0' }, options)
  await client.connect(transport)
  await client.listTools()
  return client
}

/** Milliseconds for one call each, `count` of them, so many at a time. */
async function measure(call, count, concurrency) {
  const times = []
  let left = count
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const before = performance.now()
        await call()
        times.push(performance.now() - before)
      }
    }),
  )
  const total = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  times.sort((a, b) => a - b)
  return {
    perCallMs: total / count,
    cpuMs: (cpu.user + cpu.system) / 1_000 / count,
    p50Ms: times[Math.floor(times.length / 2)],
    p99Ms: times[Math.floor(times.length * 0.99)],
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const args = { text: 'the quick brown fox jumps over the lazy dog' }

try {
  await manager.startAll()
  for (const { name, state, error } of manager.status())
    if (state !== 'ready') throw new Error(`${name}: ${error}`)
  const bare = {
    stdio: await bareClient(new StdioClientTransport({ command: process.execPath, args: [server] })),
    http: await bareClient(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)), {
      versionNegotiation: { mode: 'auto' },
    }),
  }
  const calls = {
    stdio: {
      bare: () => bare.stdio.callTool({ name: 'echo', arguments: args }),
      rgen: () => manager.client('stdio').callTool('echo', args),
    },
    http: {
      bare: () => bare.http.callTool({ name: 'echo', arguments: args }),
      rgen: () => manager.client('web').callTool('echo', args),
    },
  }
  const results = []
  for (const [transport, { bare: sdk, rgen }] of Object.entries(calls))
    for (const concurrency of [1, 32]) {
      const count = transport === 'stdio' ? 1_000 : 200
      await measure(sdk, count, concurrency)
      await measure(rgen, count, concurrency)
      const seen = { sdk: [], rgen: [] }
      for (let round = 0; round < rounds; round++) {
        // In turn, and each first as often as the other: the machine is not the same from second to second.
        const order = round % 2 === 0 ? ['sdk', 'rgen'] : ['rgen', 'sdk']
        for (const who of order) seen[who].push(await measure(who === 'sdk' ? sdk : rgen, count, concurrency))
      }
      const keys = ['perCallMs', 'cpuMs', 'p50Ms', 'p99Ms']
      const of = (who) =>
        Object.fromEntries(keys.map((key) => [key, median(seen[who].map((one) => one[key]))]))
      const ratio = (key) => median(seen.rgen.map((one, round) => one[key] / seen.sdk[round][key]))
      results.push({
        transport,
        concurrency,
        calls: count,
        rounds,
        sdk: of('sdk'),
        rgen: of('rgen'),
        ratio: ratio('perCallMs'),
        cpuRatio: ratio('cpuMs'),
      })
    }
  await bare.stdio.close()
  await bare.http.close()
  if (values.json) console.log(JSON.stringify({ node: process.version, results }, undefined, 2))
  else print(results)
} finally {
  await manager.stopAll()
  rmSync(root, { recursive: true, force: true })
}

function print(results) {
  const ms = (number) => number.toFixed(3).padStart(9)
  console.log(`Call of one tool, medians of ${rounds} rounds in turn (Node ${process.version})`)
  console.log(
    'transport  at once   SDK ms/call  rgen ms/call   SDK p50  rgen p50   SDK p99  rgen p99   ratio   CPU',
  )
  for (const { transport, concurrency, sdk, rgen, ratio, cpuRatio } of results)
    console.log(
      `${transport.padEnd(9)}  ${String(concurrency).padStart(7)}  ${ms(sdk.perCallMs).padStart(12)}  ${ms(rgen.perCallMs).padStart(12)} ${ms(sdk.p50Ms)} ${ms(rgen.p50Ms)} ${ms(sdk.p99Ms)} ${ms(rgen.p99Ms)}   ${ratio.toFixed(3)}  ${cpuRatio.toFixed(3)}`,
    )
  console.log(JSON.stringify({ results }))
}
