import { describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { defaultPayloadConverter } from '@temporalio/common'
import { aesGcmCodec } from './aes-gcm-codec.ts'

const payload = defaultPayloadConverter.toPayload({ secret: 'the number' })
const key = randomBytes(32).toString('base64')

describe('aesGcmCodec', () => {
  it('hides the value, and gives it back', async () => {
    const codec = aesGcmCodec({ key, keyId: 'k1' })
    const [sealed] = await codec.encode([payload])
    expect(Buffer.from(sealed!.data!).toString()).not.toContain('the number')
    expect(Buffer.from(sealed!.metadata!['encryption-key-id']!).toString()).toBe('k1')
    const [opened] = await codec.decode([sealed!])
    expect(defaultPayloadConverter.fromPayload(opened!)).toEqual({ secret: 'the number' })
  })

  it('reads what older keys wrote, and what was never encrypted', async () => {
    const [old] = await aesGcmCodec({ key, keyId: 'old' }).encode([payload])
    const codec = aesGcmCodec({ key: randomBytes(32), keyId: 'new', oldKeys: { old: key } })
    const opened = await codec.decode([old!, payload])
    expect(opened.map((one) => defaultPayloadConverter.fromPayload(one))).toEqual([
      { secret: 'the number' },
      { secret: 'the number' },
    ])
  })

  it('refuses changed data, unknown keys and keys of a wrong length', async () => {
    const codec = aesGcmCodec({ key, keyId: 'k1' })
    const [sealed] = await codec.encode([payload])
    const changed = { ...sealed, data: Buffer.from(sealed!.data!).fill(0, 20, 21) }
    await expect(codec.decode([changed])).rejects.toMatchObject({ code: 'TEMPORAL_CODEC' })
    await expect(aesGcmCodec({ key, keyId: 'k2' }).decode([sealed!])).rejects.toThrow('There is no key k1')
    expect(() => aesGcmCodec({ key: 'c2hvcnQ=', keyId: 'k' })).toThrow('has 5 bytes')
  })
})
