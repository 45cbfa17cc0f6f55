import { describe, expect, it } from '@jest/globals'
import { pickArm } from './experiment.ts'

const experiment = { salt: 's1', weights: { '1.0.0': 80, '1.1.0': 20 }, key: 'agentId' }

describe('pickArm', () => {
  it('gives the same key the same arm, on every machine and in any order of the weights', () => {
    const turned = { ...experiment, weights: { '1.1.0': 20, '1.0.0': 80 } }
    for (let index = 0; index < 100; index++)
      expect(pickArm(turned, `agent-${index}`)).toBe(pickArm(experiment, `agent-${index}`))
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => pickArm(experiment, key)))
      .toMatchInlineSnapshot(`
      [
        "1.1.0",
        "1.0.0",
        "1.0.0",
        "1.0.0",
        "1.0.0",
        "1.1.0",
        "1.0.0",
        "1.0.0",
      ]
    `)
  })

  it('follows the weights', () => {
    const arms = Array.from({ length: 10_000 }, (_, index) => pickArm(experiment, `agent-${index}`))
    const share = arms.filter((arm) => arm === '1.1.0').length / arms.length
    expect(share).toBeGreaterThan(0.18)
    expect(share).toBeLessThan(0.22)
  })

  it('deals anew with another salt', () => {
    const other = { ...experiment, salt: 's2' }
    const moved = Array.from({ length: 1000 }, (_, index) => `agent-${index}`).filter(
      (key) => pickArm(experiment, key) !== pickArm(other, key),
    )
    expect(moved.length).toBeGreaterThan(200)
  })

  it('moves only keys near the border when weights change', () => {
    const shifted = { ...experiment, weights: { '1.0.0': 75, '1.1.0': 25 } }
    const keys = Array.from({ length: 1000 }, (_, index) => `agent-${index}`)
    const moved = keys.filter((key) => pickArm(experiment, key) !== pickArm(shifted, key))
    expect(moved.every((key) => pickArm(shifted, key) === '1.1.0')).toBe(true)
    expect(moved.length).toBeLessThan(100)
  })

  it('never gives an arm without weight', () => {
    const off = { ...experiment, weights: { '1.0.0': 0, '1.1.0': 1 } }
    expect(Array.from({ length: 200 }, (_, index) => pickArm(off, String(index)))).not.toContain('1.0.0')
    expect(pickArm({ ...experiment, weights: {} }, 'a')).toBeUndefined()
  })
})
