// node bench/llm/bench.js [--json] [--quick]: what a call costs the caller, beside raw undici and the clients that people
// use. All run in this process, in turns, against one fake in a child process. CPU is that of this process alone.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createRouter } from '../../packages/runtime/dist/llm.js'
import { toolFolder } from '../../scripts/pnpm.js'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})
const here = new URL('.', import.meta.url)
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', here), 'utf8'))
const peers = createRequire(
  join(toolFolder(`bench-llm-${Object.values(dependencies).join('-')}`, dependencies), 'package.json'),
)
const load = (name) => import(pathToFileURL(peers.resolve(name)))

const child = fork(new URL('server.js', here))
const [{ port }] = await once(child, 'message')
const baseURL = `http://127.0.0.1:${port}/v1`
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'What does the fox do?' },
]

const clients = [await ours(), await undici(), await openai(), await aiSdk(), await langchain()]
for (const { name, chat, stream } of clients) {
  const [text, streamed] = [await chat(), await stream()]
  if (!text.startsWith('The quick brown fox') || !streamed.endsWith('word199 '))
    throw new Error(`${name} does not answer what was asked`)
}

const scale = values.quick ? 0.2 : 1
const rows = [
  measure('chat, one at a time', 'chat', 1, 12_000 * scale),
  measure('chat, 64 at once', 'chat', 64, 24_000 * scale),
  measure('stream of 200 chunks, one at a time', 'stream', 1, 600 * scale),
]
const results = []
for (const row of rows) results.push(await row())
if (values.json) console.log(JSON.stringify({ machine: machine(), results }, null, 2))
else print()
child.disconnect()
for (const { close } of clients) await close?.()

async function ours() {
  const config = {
    llm: { providers: [{ name: 'bench', type: 'openai', model: 'gpt-4o', base_url: baseURL, api_key: 'k' }] },
  }
  const router = createRouter(config, { env: {} })
  return {
    name: '@rgen/runtime/llm',
    chat: async () => (await router.chat({ messages })).content,
    stream: async () => {
      let text = ''
      for await (const event of router.stream({ messages })) if (event.type === 'text') text += event.text
      return text
    },
    close: () => router.close(),
  }
}

/** The least that a careful program would write by hand: request, status, JSON; for a stream lines, JSON, the end mark. */
async function undici() {
  const { Agent } = await load('undici')
  const { request } = await load('undici')
  const dispatcher = new Agent()
  const post = (body) =>
    request(`${baseURL}/chat/completions`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: JSON.stringify(body),
    })
  return {
    name: 'raw undici',
    chat: async () => {
      const { statusCode, body } = await post({ model: 'gpt-4o', messages })
      const answer = await body.json()
      if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`)
      return answer.choices[0].message.content
    },
    stream: async () => {
      const { body } = await post({
        model: 'gpt-4o',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      })
      const decoder = new TextDecoder()
      let rest = ''
      let text = ''
      for await (const chunk of body) {
        rest += decoder.decode(chunk, { stream: true })
        for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
          const data = rest.slice(6, end)
          rest = rest.slice(end + 2)
          if (data !== '[DONE]') text += JSON.parse(data).choices[0]?.delta.content ?? ''
        }
      }
      return text
    },
    close: () => dispatcher.close(),
  }
}

async function openai() {
  const { default: OpenAI } = await load('openai')
  const client = new OpenAI({ apiKey: 'k', baseURL })
  return {
    name: `openai ${dependencies.openai}`,
    chat: async () =>
      (await client.chat.completions.create({ model: 'gpt-4o', messages })).choices[0].message.content,
    stream: async () => {
      let text = ''
      const options = { model: 'gpt-4o', messages, stream: true, stream_options: { include_usage: true } }
      for await (const chunk of await client.chat.completions.create(options))
        text += chunk.choices[0]?.delta.content ?? ''
      return text
    },
  }
}

async function aiSdk() {
  const { generateText, streamText } = await load('ai')
  const { createOpenAI } = await load('@ai-sdk/openai')
  const model = createOpenAI({ apiKey: 'k', baseURL }).chat('gpt-4o')
  return {
    name: `ai ${dependencies.ai}`,
    chat: async () => (await generateText({ model, messages, allowSystemInMessages: true })).text,
    stream: async () => {
      let text = ''
      for await (const piece of streamText({ model, messages, allowSystemInMessages: true }).textStream)
        text += piece
      return text
    },
  }
}

async function langchain() {
  const { ChatOpenAI } = await load('@langchain/openai')
  const model = new ChatOpenAI({ model: 'gpt-4o', apiKey: 'k', configuration: { baseURL } })
  return {
    name: `@langchain/openai ${dependencies['@langchain/openai']}`,
    chat: async () => (await model.invoke(messages)).content,
    stream: async () => {
      let text = ''
      for await (const chunk of await model.stream(messages)) text += chunk.content
      return text
    },
  }
}

/** Rounds in turns, so that a busy moment of the machine hits all; the median of the rounds counts. */
function measure(title, kind, concurrency, calls) {
  return async () => {
    const perClient = clients.map(({ name, ...client }) => ({
      name,
      run: client[kind],
      cpu: [],
      perSecond: [],
    }))
    for (let round = 0; round < 6; round++)
      for (const entry of perClient) {
        // Slow clients need fewer calls for a figure of the same quality.
        const share = /undici|rgen/.test(entry.name) ? 1 : 0.3
        const { cpuMicros, perSecond } = await load64(
          entry.run,
          concurrency,
          Math.max(concurrency, Math.round((calls / 5) * share)),
        )
        // The first round warms up.
        if (round === 0) continue
        entry.cpu.push(cpuMicros)
        entry.perSecond.push(perSecond)
      }
    const figures = perClient.map(({ name, cpu, perSecond }) => ({
      name,
      cpuMicrosPerCall: median(cpu),
      callsPerSecond: median(perSecond),
    }))
    return { title, concurrency, figures }
  }
}

async function load64(run, concurrency, calls) {
  globalThis.gc?.()
  let left = calls
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await run()
    }),
  )
  const elapsedMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  return { cpuMicros: (user + system) / calls, perSecond: (calls / elapsedMs) * 1000 }
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function print() {
  for (const { title, figures } of results) {
    const base = figures.find(({ name }) => name === 'raw undici').cpuMicrosPerCall
    const own = figures[0].cpuMicrosPerCall
    console.log(`\n${title}`)
    console.log(
      `  ${'client'.padEnd(26)}${'CPU µs/call'.padStart(12)}${'× undici'.padStart(10)}${'× ours'.padStart(10)}${'calls/s'.padStart(10)}`,
    )
    for (const { name, cpuMicrosPerCall, callsPerSecond } of figures)
      console.log(
        `  ${name.padEnd(26)}${cpuMicrosPerCall.toFixed(0).padStart(12)}${(cpuMicrosPerCall / base).toFixed(2).padStart(10)}${(cpuMicrosPerCall / own).toFixed(2).padStart(10)}${callsPerSecond.toFixed(0).padStart(10)}`,
      )
  }
  console.log(`\n${machine()}`)
}

function machine() {
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`
}
