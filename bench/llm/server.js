// A provider for the benchmark, in a process of its own: answers at once, with bytes that were made beforehand.
import { createServer } from 'node:http'

const text = 'The quick brown fox jumps over the lazy dog. '.repeat(10)
const chunks = 200
const head = { id: 'chatcmpl-bench', created: 1700000000, model: 'gpt-4o' }
const usage = { prompt_tokens: 20, completion_tokens: 100, total_tokens: 120 }
const message = { role: 'assistant', content: text, refusal: null }
const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
  usage,
})
const frame = (choices, extra = {}) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage: null, ...extra })}\n\n`
const delta = (piece, finish = null) =>
  frame([{ index: 0, delta: piece, logprobs: null, finish_reason: finish }])
const frames = [
  delta({ role: 'assistant', content: '' }),
  ...Array.from({ length: chunks }, (_, index) => delta({ content: `word${index} ` })),
  delta({}, 'stop'),
  frame([], { usage }),
  'data: [DONE]\n\n',
].map((line) => Buffer.from(line))

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(whole)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    // Each chunk is a write of its own, as tokens come, and leaves before the next is made.
    let next = 0
    const write = () => {
      if (next < frames.length) {
        response.write(frames[next++])
        setImmediate(write)
      } else response.end()
    }
    write()
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('disconnect', () => process.exit(0))
