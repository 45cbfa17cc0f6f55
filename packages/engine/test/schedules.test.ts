import { describe, expect, it } from '@jest/globals'
import { sleep } from '../src/agent.ts'
import { createTestEngine } from '../src/testing.ts'

const times: string[] = []
async function tickWorkflow({ takes = 0 }: { takes?: number } = {}): Promise<void> {
  times.push(new Date().toISOString())
  await sleep(takes)
}
const hourly = { intervals: [{ every: '1 hour' }] }
const target = { kind: 'workflow' as const, type: 'tickWorkflow', taskQueue: 'restack' }

describe('schedules', () => {
  it('start runs at their times, named after them', async () => {
    await using engine = await createTestEngine({ workflows: { tickWorkflow } })
    await engine.schedules.create({ id: 'hourly', spec: hourly, target })
    await engine.advance('150 minutes')
    const run = await engine.run('hourly-2026-01-01T02:00:00Z')
    expect(await run.status()).toBe('completed')
    expect(await engine.schedules.describe('hourly')).toMatchObject({
      paused: false,
      nextAt: new Date('2026-01-01T03:00:00Z'),
      lastAt: new Date('2026-01-01T02:00:00Z'),
      lastRun: { id: 'hourly-2026-01-01T02:00:00Z', runId: run.runId },
    })
  })

  it('skip a time at which the run before is still going, unless they may overlap', async () => {
    await using engine = await createTestEngine({ workflows: { tickWorkflow } })
    const long = { ...target, input: { takes: 5_400_000 } }
    await engine.schedules.create({ id: 'skipping', spec: hourly, target: long })
    await engine.schedules.create({ id: 'allowing', spec: { ...hourly, overlap: 'allow' }, target: long })
    await engine.advance('130 minutes')
    await expect(engine.run('skipping-2026-01-01T02:00:00Z')).rejects.toMatchObject({
      code: 'ENGINE_RUN_NOT_FOUND',
    })
    expect(await (await engine.run('allowing-2026-01-01T02:00:00Z')).status()).toBe('running')
  })

  it('can be paused, resumed, edited, triggered and deleted', async () => {
    await using engine = await createTestEngine({ workflows: { tickWorkflow }, strictReplay: false })
    const { schedules } = engine
    await schedules.create({ id: 'changing', spec: hourly, target })
    await expect(schedules.create({ id: 'changing', spec: hourly, target })).rejects.toMatchObject({
      code: 'ENGINE_ID_IN_USE',
    })
    await schedules.pause('changing', 'maintenance')
    times.length = 0
    await engine.advance('5 hours')
    expect(times).toEqual([])
    expect((await schedules.list()).map(({ id, paused, note }) => [id, paused, note])).toEqual([
      ['changing', true, 'maintenance'],
    ])
    await schedules.trigger('changing')
    await engine.settle()
    expect(times).toEqual(['2026-01-01T05:00:00.000Z'])
    await schedules.resume('changing')
    await schedules.edit('changing', { cronExpressions: ['15 * * * *'] })
    await engine.advance('1 hour')
    expect(times).toEqual(['2026-01-01T05:00:00.000Z', '2026-01-01T05:15:00.000Z'])
    await schedules.delete('changing')
    await engine.advance('1 day')
    expect(times).toHaveLength(2)
    await expect(schedules.pause('changing')).rejects.toMatchObject({ code: 'ENGINE_SCHEDULE_NOT_FOUND' })
  })
})
