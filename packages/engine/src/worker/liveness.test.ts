import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { isGone, Liveness, thisProcess } from './liveness.ts'

describe('Liveness', () => {
  const self = thisProcess()
  const other = { ...self, key: 7, beat: 1 }

  it('takes a worker for dead when it has not moved for the lease, by our own elapsed time', () => {
    const liveness = new Liveness(self, 1_000)
    expect(liveness.dead([other], 0)).toEqual([])
    expect(liveness.dead([other], 999)).toEqual([])
    expect(liveness.dead([{ ...other, beat: 2 }], 1_500)).toEqual([])
    expect(liveness.dead([{ ...other, beat: 2 }], 2_499)).toEqual([])
    expect(liveness.dead([{ ...other, beat: 2 }], 2_500)).toEqual([7])
  })

  it('knows at once that a process of this host is gone, also when its number was given to another', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    expect(isGone({ ...other, pid }, self)).toBe(true)
    expect(isGone(other, self)).toBe(false)
    expect(isGone({ ...other, birth: '1' }, self)).toBe(process.platform === 'linux')
  })

  it('says nothing about processes of other hosts', () => {
    expect(isGone({ ...other, host: 'elsewhere', pid: 999_999_999 }, self)).toBe(false)
  })
})
