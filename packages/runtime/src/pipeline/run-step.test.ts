import { describe, expect, it } from '@jest/globals'
import { createTestEngine } from '@rgen/engine/testing'
import { step } from '@rgen/engine/workflow'
import { loopLimit } from './loop-limit.ts'
import { begin } from './progress.ts'
import { runChild } from './run-child.ts'
import { runStep } from './run-step.ts'

async function writeWorkflow(input: { readonly topic: string }) {
  return { text: `about ${input.topic}` }
}

async function articleWorkflow(input: object) {
  let progress = begin(input)
  progress = await runChild('WRITE', progress, { child: writeWorkflow })
  progress = await runStep('count', progress, step<{ count: (input: object) => number }>({}).count)
  return { ...progress, limit: await loopLimit('write_count') }
}

const functions = {
  count: async (input: { text: string }) => input.text.length,
  'rgen.settings.loopLimit': async ({ name }: { name: string }) => (name === 'write_count' ? 5 : 3),
}

describe('a pipeline', () => {
  it('hands the token on, merges objects into it, and puts anything else under the name of the step', async () => {
    const engine = await createTestEngine({ workflows: { articleWorkflow, writeWorkflow }, functions })
    expect(await engine.execute(articleWorkflow, { topic: 'tea' })).toEqual({
      token: { topic: 'tea', text: 'about tea', count: 9 },
      result: { count: 9 },
      written: { text: 'about tea', count: 9 },
      limit: 5,
    })
    await engine.close()
  })

  it('logs each step by its name', async () => {
    const lines: string[] = []
    const logger = { log: (_level: string, message: string) => void lines.push(message) }
    const engine = await createTestEngine({
      workflows: { articleWorkflow, writeWorkflow },
      functions,
      logger,
    })
    await engine.execute(articleWorkflow, { topic: 'tea' })
    expect(lines.filter((line) => /^(WRITE|count)/.test(line))).toEqual([
      'WRITE started',
      'WRITE finished',
      'count started',
      'count finished',
    ])
    await engine.close()
  })

  it('fails with the name of the step that failed, and logs it', async () => {
    const broken = async (): Promise<never> => {
      throw new Error('no ink')
    }
    async function failingWorkflow() {
      const once = { retry: { maximumAttempts: 1 } }
      return runStep('COUNT', begin({}), step<{ count: () => never }>(once).count)
    }
    const lines: string[] = []
    const logger = { log: (level: string, message: string) => void lines.push(`${level} ${message}`) }
    const engine = await createTestEngine({
      workflows: { failingWorkflow },
      functions: { count: broken },
      logger,
    })
    await expect(engine.execute(failingWorkflow)).rejects.toThrow(/Step COUNT failed: .*no ink/)
    expect(lines).toContain('error COUNT failed')
    await engine.close()
  })

  it('takes a step that answers nothing for one that changes nothing', async () => {
    async function quietWorkflow(input: object) {
      return (await runStep('hush', begin(input), async () => undefined)).token
    }
    const engine = await createTestEngine({ workflows: { quietWorkflow } })
    expect(await engine.execute(quietWorkflow, { topic: 'tea' })).toEqual({ topic: 'tea' })
    await engine.close()
  })
})
