import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import type { ServiceDefinition } from '@rgen/engine'
import { z } from 'zod'
import { temporalSettings, type TemporalOptions } from '../connection/options.ts'
import { announceEndpoints } from './endpoints.ts'
import { startFakeEngine, type FakeEngine } from './engine.fixture.ts'
import { largePayloadCodec } from './large-payload-codec.ts'
import { payloadCodecs } from './payload-codecs.ts'
import { sensitive, sensitiveFieldsCodec } from './sensitive-fields-codec.ts'
import { Webhooks } from './webhooks.ts'

const encode = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)
const decode = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload)
const textOf = (payload: Payload): string => Buffer.from(payload.data ?? []).toString()
const large = { text: 'x'.repeat(128 * 1024) }
const nowhere = '127.0.0.1:1'

let engine: FakeEngine
const open = async (options?: { codecKey: string }): Promise<void> => {
  await engine.close()
  engine = await startFakeEngine(options)
}
const settings = (options: TemporalOptions = {}) =>
  temporalSettings({ engineId: 'lab', apiAddress: engine.address, codecAddress: engine.address, ...options })
beforeEach(async () => {
  engine = await startFakeEngine()
})
afterEach(() => engine.close())

describe('the endpoints of a service', () => {
  const agent = Object.assign(async () => '', {
    input: z.object({ name: z.string() }),
    output: z.string(),
    description: 'Greets.',
    mcp: true,
  })
  const service: ServiceDefinition = {
    taskQueue: 'restack',
    agents: new Map([['greeterAgent', agent]]),
    workflows: new Map([['plainWorkflow', async () => '']]),
    functions: new Map(),
    modules: [],
    options: {},
  }

  it('are announced with their schemas, in the words of Restack’s SDKs', async () => {
    await announceEndpoints(settings({ apiKey: 'secret' }), service)
    const [{ method, path, headers, body }] = engine.asked as [FakeEngine['asked'][number]]
    expect([method, path, headers.authorization]).toEqual(['POST', '/api/engine/endpoints', 'Bearer secret'])
    expect(JSON.parse(body.toString())).toEqual({
      identity: 'lab',
      agents: [
        {
          name: 'greeterAgent',
          type: 'function',
          input_schema: expect.objectContaining({ properties: { name: { type: 'string' } } }),
          output_schema: expect.objectContaining({ type: 'string' }),
          description: 'Greets.',
          mcp: true,
          task_queue: 'restack',
        },
      ],
      workflows: [
        {
          name: 'plainWorkflow',
          type: 'function',
          input_schema: {},
          output_schema: {},
          description: '',
          mcp: false,
          task_queue: 'restack',
        },
      ],
    })
  })

  it('of a local engine are those of a process', async () => {
    await announceEndpoints(settings({ engineId: 'local' }), service)
    expect(JSON.parse(engine.asked[0]!.body.toString())).toMatchObject({ identity: `local-${process.pid}` })
  })

  it('are not announced without an API, nor when there is nothing to start', async () => {
    await announceEndpoints(temporalSettings({ engineId: 'lab' }), service)
    await announceEndpoints(settings(), { ...service, agents: new Map(), workflows: new Map() })
    expect(engine.asked).toEqual([])
  })

  it('that the API does not take are a warning', async () => {
    const lines: string[] = []
    const logger = { log: (level: string, message: string) => lines.push(`${level} ${message}`) }
    await announceEndpoints(settings({ apiAddress: nowhere, logger }), service)
    expect(lines).toEqual(['warn The Restack API does not know this service: it could not be told'])
  })
})

describe('largePayloadCodec', () => {
  const codec = () => largePayloadCodec({ url: `http://${engine.address}`, namespace: 'default' })

  it('keeps what is large in the blob store, and fetches it back', async () => {
    const [reference] = await codec().encode([encode(large)])
    expect(JSON.parse(textOf(reference!))).toEqual({
      metadata: { encoding: 'json/plain' },
      size: JSON.stringify(large).length,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      key: expect.stringContaining('blobs/sha256:'),
    })
    expect(Buffer.from(reference!.metadata!['temporal.io/remote-codec']!).toString()).toBe('v2')
    const { path, headers } = engine.asked[0]!
    expect(path).toContain('namespace=default')
    const metadata = Buffer.from(String(headers['x-temporal-metadata']), 'base64').toString()
    expect(JSON.parse(metadata)).toEqual({ encoding: Buffer.from('json/plain').toString('base64') })
    const [back] = await codec().decode([reference!])
    expect(decode(back!)).toEqual(large)
    expect(engine.asked[1]!.headers['x-payload-expected-content-length']).toBe(
      String(JSON.stringify(large).length),
    )
  })

  it('leaves small payloads alone, and large ones when the store is away, up to what a message holds', async () => {
    const told: unknown[] = []
    const away = largePayloadCodec({
      url: `http://${nowhere}`,
      namespace: 'default',
      onUnreachable: (error) => told.push(error),
    })
    const payloads = [encode('small'), encode(large)]
    expect(await away.encode(payloads)).toEqual(payloads)
    expect(told).toHaveLength(1)
    await expect(away.encode([encode('x'.repeat(4 * 1024 * 1024))])).rejects.toMatchObject({
      code: 'TEMPORAL_CODEC',
      message: expect.stringContaining('cannot be kept'),
    })
  })

  it('refuses a blob that is gone, or is not what was stored', async () => {
    const [reference] = await codec().encode([encode(large)])
    for (const key of engine.blobs.keys()) engine.blobs.set(key, Buffer.from('something else'))
    await expect(codec().decode([reference!])).rejects.toMatchObject({ code: 'TEMPORAL_CODEC' })
    engine.blobs.clear()
    await expect(codec().decode([reference!])).rejects.toMatchObject({ code: 'TEMPORAL_CODEC' })
  })
})

describe('sensitiveFieldsCodec', () => {
  const key = randomBytes(32)
  const value = { email: 'a@b.c', secrets: [sensitive('the number'), sensitive({ pin: 1 })] }

  it('hides what is marked, leaves the rest readable, and gives it back', async () => {
    const codec = sensitiveFieldsCodec(key)
    const [sealed] = await codec.encode([encode(value)])
    expect(textOf(sealed!)).toContain('a@b.c')
    expect(textOf(sealed!)).not.toMatch(/the number|pin/)
    expect(decode(sealed!)).toMatchObject({
      secrets: [{ __restack_encrypted__: 'v1', alg: 'AES-256-GCM' }, {}],
    })
    const [opened] = await codec.decode([sealed!])
    expect(decode(opened!)).toEqual(value)
  })

  it('refuses another key', async () => {
    const [sealed] = await sensitiveFieldsCodec(key).encode([encode(value)])
    await expect(sensitiveFieldsCodec(randomBytes(32)).decode([sealed!])).rejects.toMatchObject({
      code: 'TEMPORAL_CODEC',
    })
  })
})

describe('payloadCodecs', () => {
  it('encrypt with the key of the engine before what is large is put aside', async () => {
    await open({ codecKey: randomBytes(32).toString('base64') })
    const codecs = await payloadCodecs(settings())
    let payloads = [encode({ secret: sensitive('the number'), ...large })]
    for (const codec of codecs) payloads = await codec.encode(payloads)
    expect([...engine.blobs.values()].map(String).join()).toContain('__restack_encrypted__')
    expect([...engine.blobs.values()].map(String).join()).not.toContain('the number')
    for (const codec of codecs.toReversed()) payloads = await codec.decode(payloads)
    expect(decode(payloads[0]!)).toMatchObject({ secret: { value: 'the number' } })
  })

  it('are the user’s own in place of the engine’s key, and none at all on plain Temporal', async () => {
    await open({ codecKey: randomBytes(32).toString('base64') })
    const own = sensitiveFieldsCodec(randomBytes(32))
    expect(await payloadCodecs(settings({ payloadCodecs: [own] }))).toEqual([own, expect.anything()])
    expect(await payloadCodecs(temporalSettings({ payloadCodecs: [own] }))).toEqual([own])
    expect(engine.asked).toEqual([])
  })
})

describe('Webhooks', () => {
  const told = () => engine.asked.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)

  it('tell what became of a service, the same once a minute', async () => {
    const webhooks = new Webhooks(settings({ webhookUrl: `http://${engine.address}/hook` }))
    await webhooks.tell('service.started', 'restack')
    await webhooks.tell('service.started', 'restack')
    await webhooks.tell('service.error', 'restack', new Error('no more'))
    expect(told()).toEqual([
      {
        type: 'service.started',
        timestamp: expect.stringMatching(/^\d{4}-/),
        engineId: 'lab',
        taskQueue: 'lab-restack',
        identity: `lab-${process.pid}`,
      },
      expect.objectContaining({ type: 'service.error', details: { error: 'no more' } }),
    ])
  })

  it('are silent without a URL', async () => {
    await new Webhooks(settings()).tell('service.started', 'restack')
    expect(engine.asked).toEqual([])
  })
})
