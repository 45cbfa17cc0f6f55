import { describe, expect, it } from '@jest/globals'
import { createTestEngine } from '@rgen/engine/testing'
import { sleep, step } from '@rgen/engine/workflow'
import { parallel } from './parallel.ts'
import type { MergeRules } from './parallel.ts'
import { begin } from './progress.ts'
import type { Progress, StepResult } from './progress.ts'
import { runChild } from './run-child.ts'
import { runStep } from './run-step.ts'

type Answers = Readonly<Record<string, unknown>>
type Flow = Progress<Answers>

/** Runs `left ⊕ right` on the engine; what the functions answer is given, or thrown when it is an error. */
async function join(answers: Readonly<Record<string, unknown>>, merge?: MergeRules, input: Answers = {}) {
  const branch = (name: string) => (progress: Flow) => runStep(name, progress, step({})[name] ?? notThere)
  async function joinWorkflow(given: Answers): Promise<{ token: Answers; result: StepResult }> {
    const names = Object.keys(answers)
    const { token, result } = await parallel(begin(given), names.map(branch), merge)
    return { token, result }
  }
  const functions = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
    ]),
  )
  const engine = await createTestEngine({ workflows: { joinWorkflow }, functions })
  try {
    return await engine.execute(joinWorkflow, input)
  } finally {
    await engine.close()
  }
}

async function notThere(): Promise<never> {
  throw new Error('every name is a function')
}

describe('parallel', () => {
  it('joins what branches write, in the order of the branches', async () => {
    const { token, result } = await join(
      { left: { a: 1, same: [1] }, right: { b: 2, same: [1] } },
      {},
      { topic: 'tea' },
    )
    expect(Object.entries(token)).toEqual([
      ['topic', 'tea'],
      ['a', 1],
      ['same', [1]],
      ['b', 2],
    ])
    expect(result).toEqual({ a: 1, same: [1], b: 2 })
  })

  it('puts a result that is no object under the name of its step', async () => {
    const { token } = await join({ left: 'text', right: [1, 2] })
    expect(token).toEqual({ left: 'text', right: [1, 2] })
  })

  it('refuses two values for one key, unless a rule makes one of them', async () => {
    const answers = { left: { notes: ['a'] }, right: { notes: ['b'] } }
    await expect(join(answers)).rejects.toThrow('Parallel branches wrote different values to "notes"')
    const merge: MergeRules = { notes: (values) => values.flat() }
    expect((await join(answers, merge)).token).toEqual({ notes: ['a', 'b'] })
  })

  it('sees a conflict also when one branch writes what was there before', async () => {
    const answers = { left: { count: 1 }, right: { count: 2 } }
    await expect(join(answers, {}, { count: 1 })).rejects.toThrow('different values to "count"')
  })

  it('takes keys of Object.prototype for keys like others', async () => {
    await expect(join({ left: { constructor: 1 }, right: { constructor: 2 } })).rejects.toThrow(
      '"constructor"',
    )
    expect((await join({ left: JSON.parse('{ "__proto__": 1 }'), right: {} })).token).toEqual(
      JSON.parse('{ "__proto__": 1 }'),
    )
  })

  it('cancels the other branches when one fails, and names the step that did', async () => {
    const ended: string[] = []
    async function raceWorkflow(): Promise<void> {
      const slow = async (progress: Flow): Promise<Flow> => {
        await sleep('1 week').finally(() => ended.push('slow'))
        return progress
      }
      const once = { retry: { maximumAttempts: 1 } }
      await parallel(begin<Answers>({}), [
        slow,
        (progress) => runStep('BREAK', progress, step(once)['breaks'] ?? notThere),
      ])
    }
    const breaks = async (): Promise<never> => {
      throw new Error('no paper')
    }
    const engine = await createTestEngine({ workflows: { raceWorkflow }, functions: { breaks } })
    const startedAt = engine.now.getTime()
    const run = await engine.start(raceWorkflow)
    await expect(run.result()).rejects.toThrow(/Step BREAK failed: .*no paper/)
    expect(ended).toContain('slow')
    expect(engine.now.getTime() - startedAt).toBeLessThan(60_000)
    await engine.close()
  })

  it('cancels siblings that are workflows and agents, and they come to their own ends', async () => {
    const ended: string[] = []
    const slow = (name: string) =>
      async function slowRun(): Promise<void> {
        await sleep('1 week').finally(() => ended.push(name))
      }
    const slowWorkflow = slow('workflow')
    const slowAgent = slow('agent')
    const once = { retry: { maximumAttempts: 1 } }
    async function raceWorkflow(): Promise<void> {
      await parallel(begin<Answers>({}), [
        (progress) => runChild('SLOW', progress, { child: 'slowWorkflow' }),
        (progress) => runChild('agent:SLOW', progress, { child: 'slowAgent', isAgent: true }),
        (progress) => runStep('BREAK', progress, step(once)['breaks'] ?? notThere),
      ])
    }
    const breaks = async (): Promise<never> => {
      throw new Error('no paper')
    }
    const engine = await createTestEngine({
      agents: { slowAgent },
      workflows: { raceWorkflow, slowWorkflow },
      functions: { breaks },
    })
    const startedAt = engine.now.getTime()
    await expect(engine.execute(raceWorkflow)).rejects.toThrow(/Step BREAK failed: .*no paper/)
    expect(new Set(ended)).toEqual(new Set(['workflow', 'agent']))
    expect(engine.now.getTime() - startedAt).toBeLessThan(60_000)
    await engine.close()
  })
})
