import { afterAll, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { conformanceAgents, conformanceFunctions, conformanceModule } from '@rgen/engine/conformance'
import { openTemporalDriver } from '../client/driver.ts'
import { describeOnServer } from '../server.fixture.ts'
import { moveToTemporal } from './move-to-temporal.ts'

await describeOnServer('moving an embedded engine to Temporal', ({ address, stop }) => {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-move-'))
  const database = join(folder, 'engine.db')
  const logger = { log: () => undefined }
  const there = new Restack({
    driver: openTemporalDriver({ address, modules: [fileURLToPath(conformanceModule)] }),
  })
  afterAll(async () => {
    await there.close()
    await stop()
    rmSync(folder, { recursive: true })
  })

  it('takes along schedules, runs that have not begun and undelivered events, and agents as they continue as new', async () => {
    const here = new Restack({ database, logger })
    const service = { agents: conformanceAgents, functions: conformanceFunctions(new Map(), () => here) }
    const running = await here.startService(service)
    const agent = { agentId: 'rounds' }
    await here.scheduleAgent({ agentName: 'roundsAgent', ...agent, input: { round: 1, heard: ['before'] } })
    const late = { event: { name: 'late', input: 'travels' }, agent }
    await here.sendAgentEvent(late, { waitForCompletion: false })
    await here.sendAgentEvent(
      { event: { name: 'next', input: 'x' }, agent: { agentId: 'rounds' } },
      { waitForCompletion: false },
    )
    await here.scheduleAgent({ agentName: 'cancelledAgent', agentId: 'asleep', input: 'asleep' })
    await here.getAgentState({ ...agent, stateName: 'round' }).catch(() => undefined)
    await running.stop({ graceMs: 0 })
    await here.scheduleAgent({ agentName: 'checkedAgent', agentId: 'fresh', input: { name: 'Ada' } })
    const schedule = { calendars: [{ hour: 3 }] }
    await here.scheduleWorkflow({ workflowName: 'tickWorkflow', workflowId: 'nightly', input: 'n', schedule })
    await here.schedules.pause('nightly', 'holidays')

    const move = { from: here, to: { address }, service, waitMs: 3_000 }
    const first = await moveToTemporal(move)
    expect(first.schedules).toEqual(['nightly'])
    expect(first.runs.map(({ id, events }) => [id, events]).toSorted()).toEqual([
      ['fresh', 0],
      ['rounds', 1],
    ])
    expect(first.left.map(({ id }) => id)).toEqual(['asleep'])
    const again = await moveToTemporal({ ...move, waitMs: 0 })
    expect([again.schedules, again.runs, again.left.length]).toEqual([[], [], 1])
    await here.close()

    await there.startService({
      agents: conformanceAgents,
      functions: conformanceFunctions(new Map(), () => there),
    })
    expect(await there.getAgentResult({ agentId: 'fresh' })).toEqual({ answer: 'Ada' })
    expect(await there.getAgentResult(agent)).toMatchObject({
      round: 2,
      heard: ['before', 'x'],
      late: 'travels',
    })
    expect(await there.schedules.describe('nightly')).toMatchObject({
      spec: schedule,
      paused: true,
      note: 'holidays',
    })
  })
})
