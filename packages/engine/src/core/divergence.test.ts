import { describe, expect, it } from '@jest/globals'
import { condition, sleep, step } from '../agent.ts'
import { createTestEngine } from '../testing.ts'
import { replayHistory } from '../worker/replay-history.ts'

const functions = { one: async () => 1, two: async () => 2, three: async () => 3 }
const steps = () => step<typeof functions>()

async function recordedWorkflow(): Promise<void> {
  await steps().one()
  await steps().two()
  await steps().three()
}

/** Where the code differs today, and how. */
async function differenceOf(today: () => Promise<unknown>): Promise<unknown> {
  await using engine = await createTestEngine({ workflows: { recordedWorkflow }, functions })
  const run = await engine.start(recordedWorkflow)
  await run.result()
  const result = await replayHistory(await run.history(), { workflows: { recordedWorkflow: today } })
  if (result.kind !== 'diverged') return result.kind
  const { seq, expected, actual, source = '' } = result.divergence
  const line = /divergence\.test\.ts:(\d+):\d+$/.exec(source)?.[1]
  return { seq, expected, actual, line: line === undefined ? undefined : Number(line) }
}

/** The line of the caller. */
function here(): number {
  return Number(/divergence\.test\.ts:(\d+):\d+/.exec(new Error().stack?.split('\n')[2] ?? '')?.[1])
}

describe('the first difference between a history and today’s code', () => {
  it('is none while the code does the same', async () => {
    expect(await differenceOf(recordedWorkflow)).toBe('same')
  })

  it('is the step that was added', async () => {
    let line = 0
    const today = async () => {
      await steps().one()
      line = here() + 1
      await sleep(1)
      await steps().two()
    }
    const expected = { seq: 3, expected: 'StepScheduled 2 two', actual: 'TimerStarted 2 {"ms":1}' }
    expect(await differenceOf(today)).toEqual({ ...expected, line })
  })

  it('is the step that came out of its order', async () => {
    let line = 0
    const today = async () => {
      line = here() + 1
      await steps().two()
      await steps().one()
    }
    const expected = { seq: 1, expected: 'StepScheduled 1 one', actual: 'StepScheduled 1 two' }
    expect(await differenceOf(today)).toEqual({ ...expected, line })
  })

  it('lies after the last thing that is asked for when a step was removed from the end', async () => {
    let line = 0
    const today = async () => {
      await steps().one()
      line = here() + 1
      await steps().two()
    }
    const expected = { seq: 5, expected: 'StepScheduled 3 three', actual: 'RunCompleted' }
    expect(await differenceOf(today)).toEqual({ ...expected, line })
  })

  it('lies after the last thing that is asked for when the code waits for something else', async () => {
    let line = 0
    const today = async () => {
      line = here() + 1
      await steps().one()
      await condition(() => false)
    }
    const expected = { seq: 3, expected: 'StepScheduled 2 two', actual: undefined }
    expect(await differenceOf(today)).toEqual({ ...expected, line })
  })

  it('is where an error is thrown', async () => {
    let line = 0
    const today = async () => {
      await steps().one()
      line = here() + 1
      throw new Error('no more')
    }
    const expected = { seq: 3, expected: 'StepScheduled 2 two', actual: 'RunFailed(Error: no more)' }
    expect(await differenceOf(today)).toEqual({ ...expected, line })
  })
})
