import { describe, expect, it } from '@jest/globals'
import { EngineError } from '@rgen/engine'
import { reportOf } from '../error-report.ts'
import { suggestName } from './suggest-name.ts'

async function hintFor(name: string, error: Error): Promise<string | undefined> {
  const failure: unknown = await suggestName(name, 'ENGINE_UNKNOWN_EVENT', Promise.reject(error)).catch(
    (thrown: unknown) => thrown,
  )
  return (await reportOf(failure)).problems[0].hint
}

const unknown = (name: string) =>
  new EngineError(
    'ENGINE_UNKNOWN_EVENT',
    `conciergeAgent has no handler for ${name}; registered: [message, end]`,
  )

describe('suggestName', () => {
  it('names the event that was probably meant', async () => {
    expect(await hintFor('mesage', unknown('mesage'))).toBe('Did you mean message?')
  })

  it('suggests nothing when nothing is near, and leaves other errors alone', async () => {
    expect(await hintFor('cancelOrder', unknown('cancelOrder'))).toBeUndefined()
    expect(
      await hintFor('mesage', new EngineError('ENGINE_RUN_CLOSED', 'Run c1 is [mesage]')),
    ).toBeUndefined()
  })

  it('answers what was found', async () => {
    expect(await suggestName('message', 'ENGINE_UNKNOWN_EVENT', Promise.resolve(1))).toBe(1)
  })
})
