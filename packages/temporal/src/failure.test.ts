import { describe, expect, it } from '@jest/globals'
import { AgentError, EngineError, errorOf, FunctionFailure } from '@rgen/engine/host'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { decodeFailure, toTemporalFailure } from './failure.ts'

const roundTrip = (error: Error): Error => errorOf(decodeFailure(toTemporalFailure(error)))

describe('failures', () => {
  it('come back as what they were: class, code, hint, type, details and cause', () => {
    const cause = FunctionFailure.nonRetryable('no such customer', 'NotFound', { id: 7 })
    const back = roundTrip(new EngineError('ENGINE_STEP_FAILED', 'Step x failed', { hint: 'look', cause }))
    expect(back).toBeInstanceOf(EngineError)
    expect(back).toMatchObject({ code: 'ENGINE_STEP_FAILED', hint: 'look', message: 'Step x failed' })
    expect(back.cause).toBeInstanceOf(FunctionFailure)
    expect(back.cause).toMatchObject({ type: 'NotFound', nonRetryable: true, details: [{ id: 7 }] })
  })

  it('say to other SDKs what kind they are: the type, else the code, else the name', () => {
    expect(toTemporalFailure(new AgentError('x', 'Closed')).type).toBe('Closed')
    expect(toTemporalFailure(new EngineError('ENGINE_CLOSED', 'x')).type).toBe('ENGINE_CLOSED')
    expect(toTemporalFailure(new RangeError('x')).type).toBe('RangeError')
  })

  it('of other SDKs have the type as name, and their details', () => {
    const failure = ApplicationFailure.create({ message: 'bad', type: 'ValueError', details: [1] })
    expect(decodeFailure(failure)).toMatchObject({ name: 'ValueError', type: 'ValueError', details: [1] })
  })

  it('of a cancellation are ENGINE_CANCELLED', () => {
    expect(decodeFailure(new CancelledFailure('gone')).code).toBe('ENGINE_CANCELLED')
  })
})
