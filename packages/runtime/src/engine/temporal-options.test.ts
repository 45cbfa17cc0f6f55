import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { settingsSchema, type Settings } from '../settings/settings.ts'
import { temporalOptions } from './temporal-options.ts'

const root = mkdtempSync(join(tmpdir(), 'rgen-temporal-options-'))
writeFileSync(join(root, 'ca.pem'), 'PEM')

const optionsFor = (engine: Partial<Settings['engine']>) =>
  temporalOptions(root, { ...settingsSchema.parse({}).engine, ...engine }, (key) => `codec of ${key}`)

describe('temporalOptions', () => {
  it('leaves TLS to the driver unless the settings say something', () => {
    const options = optionsFor({ address: 'far:7233', namespace: 'desk' })
    expect(options).toEqual({ root, address: 'far:7233', namespace: 'desk' })
    expect(optionsFor({ tls: { enabled: false, ca_file: 'ca.pem' } }).tls).toBe(false)
    expect(optionsFor({ tls: { enabled: true } }).tls).toBe(true)
  })

  it('reads certificates from files of the project', () => {
    expect(optionsFor({ tls: { ca_file: 'ca.pem', server_name: 'inner' } }).tls).toEqual({
      ca: 'PEM',
      serverName: 'inner',
    })
    expect(() => optionsFor({ tls: { key_file: 'none.pem' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE', file: 'none.pem' }),
    )
  })

  it('hands on key, engine id and codec, and keeps the id back where plain names are wanted', () => {
    expect(optionsFor({ api_key: 'k', engine_id: 'e', codec_key: 'c' })).toMatchObject({
      apiKey: 'k',
      engineId: 'e',
      payloadCodecs: ['codec of c'],
    })
    expect(optionsFor({ engine_id: 'e', conventions: 'plain' })).not.toHaveProperty('engineId')
  })
})
