import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Restack } from '@rgen/engine'
import { runByName } from './run-by-name.ts'

async function researchAgent({ topic }: { topic: string }) {
  return { analysis: `All about ${topic}` }
}

async function emailCampaignWorkflow() {
  return { sent: 3 }
}

describe('runByName', () => {
  const restack = new Restack({ database: ':memory:' })

  beforeAll(async () => {
    await restack.startService({ agents: { researchAgent }, workflows: { emailCampaignWorkflow } })
  })
  afterAll(() => restack.close())

  it.each(['Research', 'research', 'research-agent', 'researchAgent'])(
    'runs an agent that is called %s',
    async (name) => {
      expect(await runByName(restack, name, { topic: 'bees' })).toEqual({ analysis: 'All about bees' })
    },
  )

  it('runs a workflow', async () => {
    expect(await runByName(restack, 'EmailCampaign')).toEqual({ sent: 3 })
  })

  it('refuses a name that does not exist, with the nearest one', async () => {
    await expect(runByName(restack, 'Reserch')).rejects.toMatchObject({
      code: 'ENGINE_NOT_REGISTERED',
      hint: 'Did you mean researchAgent?',
    })
  })

  it('says what there is when nothing is near', async () => {
    await expect(runByName(restack, 'Zzz')).rejects.toMatchObject({
      hint: 'It has: emailCampaignWorkflow, researchAgent.',
    })
  })
})
