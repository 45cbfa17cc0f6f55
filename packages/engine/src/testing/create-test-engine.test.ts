import { describe, expect, it } from '@jest/globals'
import { condition, defineEvent, onEvent, sleep, step } from '../agent.ts'
import { createTestEngine } from '../testing.ts'

const functions = {
  greet: async ({ name }: { name: string }) => `Hello ${name}`,
}

async function greeterAgent(input: { name: string }): Promise<string> {
  await sleep('7 days')
  return step<typeof functions>().greet(input)
}

const message = defineEvent('message')
const end = defineEvent('end')
async function chatAgent(): Promise<string[]> {
  const messages: string[] = []
  let ended = false
  onEvent(message, async (text: string) => {
    messages.push(await step<typeof functions>().greet({ name: text }))
    return messages.length
  })
  onEvent(end, () => {
    ended = true
  })
  await condition(() => ended)
  return messages
}

describe('createTestEngine', () => {
  it('lets a week of sleep pass at once', async () => {
    await using engine = await createTestEngine({ agents: { greeterAgent }, functions })
    const before = engine.now.getTime()
    expect(await engine.execute(greeterAgent, { name: 'Ada' })).toBe('Hello Ada')
    expect(engine.now.getTime() - before).toBe(7 * 86_400_000)
  })

  it('answers events with what the handler returns', async () => {
    await using engine = await createTestEngine({ agents: { chatAgent }, functions })
    const run = await engine.start(chatAgent)
    expect(await run.event(message, 'Ada')).toBe(1)
    expect(await run.event(message, 'Bob')).toBe(2)
    await engine.restart()
    await run.event(end)
    expect(await run.result()).toEqual(['Hello Ada', 'Hello Bob'])
  })

  describe('replays as it goes', () => {
    let lives = 0

    async function longWorkflow({ n, fickleAt = n }: { n: number; fickleAt?: number }): Promise<void> {
      lives += 1
      const life = lives
      for (let index = 0; index < n; index += 1) {
        const name = index === fickleAt ? `life ${life}` : 'everybody'
        await step<typeof functions>().greet({ name })
      }
    }

    async function livesOf(n: number): Promise<number> {
      lives = 0
      await using engine = await createTestEngine({ workflows: { longWorkflow }, functions })
      await engine.execute(longWorkflow, { n })
      return lives
    }

    it('after every activation of a short run, and ever more rarely in a long one', async () => {
      const short = await livesOf(50)
      expect(short).toBeGreaterThan(50)
      expect((await livesOf(800)) - (await livesOf(200))).toBeLessThan(20)
    })

    it('and finds what differs late in a long run', async () => {
      await using engine = await createTestEngine({ workflows: { longWorkflow }, functions })
      await expect(engine.execute(longWorkflow, { n: 400, fickleAt: 300 })).rejects.toMatchObject({
        cause: { code: 'ENGINE_NONDETERMINISM' },
      })
    })
  })
})
