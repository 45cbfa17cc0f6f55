import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { condition, defineEvent, onEvent } from '../agent.ts'
import { openEmbeddedDriver } from '../worker/embedded-driver.ts'
import type { EngineDriver } from './driver.ts'
import { loadService } from './load-service.ts'
import { SharedDrivers } from './shared-driver.ts'

const quiet = { log: () => undefined }
const agent = { id: 'one' }

async function echoAgent(): Promise<void> {
  let ended = false
  onEvent(defineEvent('echo'), (text: string) => text)
  onEvent(defineEvent('end'), () => {
    ended = true
  })
  await condition(() => ended)
}

const folder = mkdtempSync(join(tmpdir(), 'rgen-shared-'))
const drivers = new SharedDrivers()
let opened = 0
const leases: EngineDriver[] = []

function lease(name: string): EngineDriver {
  const database = join(folder, name)
  const leased = drivers.lease(database, () => {
    opened += 1
    return openEmbeddedDriver({ database, logger: quiet })
  })
  leases.push(leased)
  return leased
}

const echo = (text: string) => ({
  target: agent,
  event: { name: 'echo', input: text },
  waitForCompletion: true,
})

afterEach(async () => {
  opened = 0
  for (const leased of leases.splice(0)) await leased.close()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('engines of one file in one process', () => {
  it('are one, however many clients are made in passing and never closed', async () => {
    const service = lease('many.db')
    await service.startService(await loadService({ agents: { echoAgent } }))
    await service.start({ kind: 'agent', type: 'echoAgent', id: 'one', taskQueue: 'restack' })
    for (let n = 0; n < 50; n += 1) expect(await lease('many.db').sendEvent(echo(`${n}`))).toBe(`${n}`)
    expect(opened).toBe(1)
  })

  it('end with the last client; each that closes ends its own calls and services, and no others', async () => {
    const [server, client, caller] = [lease('few.db'), lease('few.db'), lease('few.db')]
    await server.startService(await loadService({ agents: { echoAgent } }))
    await server.start({ kind: 'agent', type: 'echoAgent', id: 'one', taskQueue: 'restack' })
    const [lost, kept] = [client.result(agent), caller.result(agent)]
    const refused = expect(lost).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    await client.close()
    await refused
    await expect(client.describe(agent)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    expect(await caller.sendEvent(echo('still here'))).toBe('still here')

    await server.close()
    expect(await caller.registrations()).toEqual([
      expect.objectContaining({ name: 'echoAgent', live: false }),
    ])
    // Another process takes the agent over, and who has waited since then hears of its end.
    const other = openEmbeddedDriver({ database: join(folder, 'few.db'), logger: quiet })
    await other.startService(await loadService({ agents: { echoAgent } }))
    await other.sendEvent({ target: agent, event: { name: 'end' }, waitForCompletion: true })
    expect(await kept).toBeUndefined()
    await other.close()
    await caller.close()

    await lease('few.db').close()
    expect(opened).toBe(2)
  })
})
