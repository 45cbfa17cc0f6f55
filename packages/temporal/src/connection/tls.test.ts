import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { openTemporalDriver } from '../client/driver.ts'
import { echoAgent } from '../fixtures/echo.fixture.ts'
import { pem, startTlsFront, type TlsFront } from '../fixtures/tls-front.fixture.ts'
import { describeOnServer } from '../server.fixture.ts'

const certificates = fileURLToPath(new URL('../fixtures/tls', import.meta.url))
const modules = [fileURLToPath(new URL('../fixtures/echo.fixture.ts', import.meta.url))]

await describeOnServer('a server behind TLS', ({ address, stop }) => {
  let front: TlsFront
  beforeAll(async () => {
    front = await startTlsFront(address)
  })
  afterAll(async () => {
    await front.close()
    await stop()
  })

  it('serves clients and workers that have a certificate, and sees their API key', async () => {
    const tls = {
      ca: pem('ca.pem'),
      cert: pem('client.pem'),
      key: pem('client.key'),
      serverName: 'server.temporal.test',
    }
    const restack = new Restack({
      driver: openTemporalDriver({ address: front.address, tls, apiKey: 'the-key', modules }),
    })
    const functions = { echo: async (value: unknown) => value }
    await restack.startService({ agents: { echoAgent }, functions })
    await restack.scheduleAgent({ agentName: 'echoAgent', agentId: 'echo', input: 'through TLS' })
    expect(await restack.getAgentResult({ agentId: 'echo' })).toBe('through TLS')
    expect([...front.authorizations]).toEqual(['Bearer the-key'])
    await restack.close()
  }, 120_000)

  it('is reached with the files that a project’s settings name', async () => {
    const engine = {
      driver: 'temporal',
      namespace: 'default',
      conventions: 'auto',
      root: certificates,
    } as const
    const tls = {
      ca_file: 'ca.pem',
      cert_file: 'client.pem',
      key_file: 'client.key',
      server_name: 'server.temporal.test',
    }
    const restack = new Restack({ driver: openTemporalDriver({ ...engine, address: front.address, tls }) })
    expect(await restack.describe({ id: 'echo' })).toMatchObject({ status: 'completed' })
    await restack.close()
  })

  it('cannot be reached without TLS, its authority, its name or a client certificate', async () => {
    const ca = pem('ca.pem')
    const certificate = { cert: pem('client.pem'), key: pem('client.key') }
    const serverName = 'server.temporal.test'
    const wrong = [false, { ...certificate, serverName }, { ...certificate, ca }, { ca, serverName }]
    await Promise.all(
      wrong.map(async (tls) => {
        const restack = new Restack({ driver: openTemporalDriver({ address: front.address, tls }) })
        await expect(restack.describe({ id: 'echo' })).rejects.toMatchObject({
          code: 'TEMPORAL_CONNECTION',
          hint: expect.stringContaining('TLS settings'),
        })
        await restack.close()
      }),
    )
  })
})
