import { describe, expect, it } from '@jest/globals'
import { refuseNetwork } from './open.ts'

describe('the place of a database', () => {
  it.each([
    ['NFS', 0x6969],
    ['SMB', 0x517b],
    ['CIFS, as a signed number', 0xff534d42 | 0],
    ['9P', 0x01021997],
  ])('is refused on %s', (_name, type) => {
    expect(() => refuseNetwork('/mnt/shared/engine.db', () => type)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_DATABASE_LOCATION',
        message: '/mnt/shared/engine.db lies on a network file system',
      }),
    )
  })

  it('is taken on a local disk, and where the system does not say', () => {
    refuseNetwork('/var/lib/engine.db', () => 0xef53)
    refuseNetwork('C:\\data\\engine.db', () => {
      throw new Error('not supported')
    })
  })
})
