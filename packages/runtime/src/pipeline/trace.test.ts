import { describe, expect, it } from '@jest/globals'
import { deviation } from './trace.ts'
import type { TraceOrder } from './trace.ts'

const order: TraceOrder = ['start', [['text'], ['draw', [['small'], ['large']]]], 'publish']

describe('deviation', () => {
  it.each([
    'start text draw small large publish',
    'start draw text large small publish',
    'start draw large text small publish',
  ])('takes branches in any interleaving: %s', (trace) => {
    expect(deviation(trace.split(' '), order)).toBeUndefined()
  })

  it.each([
    ['start small', 'step 2 was small, expected text or draw'],
    ['start text draw small publish', 'step 5 was publish, expected large'],
    ['start text', 'the trace ended after 2 steps, expected draw'],
    ['start text draw small large publish publish', 'step 7 was publish, expected the end'],
  ])('says where %s goes wrong', (trace, problem) => {
    expect(deviation(trace.split(' '), order)).toBe(problem)
  })

  it('tells branches apart that begin alike', () => {
    const alike: TraceOrder = [
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
    ]
    expect(deviation(['a', 'c', 'a', 'b'], alike)).toBeUndefined()
    expect(deviation(['a', 'c', 'b', 'a'], alike)).toBe('step 3 was b, expected a')
  })

  it('compares a thousand branches of one step', () => {
    const wide: TraceOrder = [Array.from({ length: 1000 }, () => ['a'])]
    expect(
      deviation(
        Array.from({ length: 1000 }, () => 'a'),
        wide,
      ),
    ).toBeUndefined()
  })
})
