import { describe, expect, it } from '@jest/globals'
import { didYouMean } from './did-you-mean.ts'

describe('didYouMean', () => {
  const keys = ['transport', 'timeout', 'task_queue_default', 'env', 'url']

  it('finds the nearest of several candidates', () => {
    expect(didYouMean('transprt', keys)).toBe('transport')
    expect(didYouMean('timout', keys)).toBe('timeout')
    expect(didYouMean('evn', keys)).toBe('env')
  })

  it('looks past case and separators', () => {
    expect(didYouMean('taskQueueDefault', keys)).toBe('task_queue_default')
    expect(didYouMean('ENV', keys)).toBe('env')
  })

  it('is silent when nothing is near', () => {
    expect(didYouMean('colour', keys)).toBeUndefined()
    expect(didYouMean('', keys)).toBeUndefined()
    expect(didYouMean('x', [])).toBeUndefined()
  })
})
