import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requestMetadata, temporalSettings } from './options.ts'
import { projectOptions, type ProjectTls } from './project.ts'
import { restackUrl } from '../restack/address.ts'

describe('options', () => {
  it('default to a server on this machine without TLS', () => {
    expect(temporalSettings({})).toMatchObject({
      address: 'localhost:7233',
      namespace: 'default',
      tls: false,
    })
  })

  it('turn TLS on for an API key', () => {
    expect(temporalSettings({ address: 'https://engine.example.com', apiKey: 'k' })).toMatchObject({
      address: 'engine.example.com:7233',
      tls: true,
    })
  })

  it('refuse half of a client certificate', () => {
    expect(() => temporalSettings({ tls: { cert: 'x' } })).toThrow('both tls.cert and tls.key')
  })

  it('of a project are those that its settings give, with Restack’s conventions for an engine id', () => {
    const engine = {
      driver: 'temporal',
      address: 'a:1',
      namespace: 'n',
      root: '/p',
      conventions: 'auto',
    } as const
    expect(projectOptions(engine)).toEqual({ address: 'a:1', namespace: 'n', root: '/p' })
    expect(projectOptions({ ...engine, engine_id: 'e' }).engineId).toBe('e')
    expect(projectOptions({ ...engine, conventions: 'restack' }).engineId).toBe('local')
    expect(projectOptions({ ...engine, engine_id: 'e', conventions: 'plain' })).not.toHaveProperty('engineId')
    const more = { api_key: 'k', api_address: 'e:6233', webhook_url: 'http://w', metrics_address: ':9464' }
    expect(projectOptions({ ...engine, ...more })).toMatchObject({
      apiKey: 'k',
      apiAddress: 'e:6233',
      webhookUrl: 'http://w',
      metricsAddress: ':9464',
    })
    expect(
      projectOptions({ ...engine, codec_key: Buffer.alloc(32).toString('base64') }).payloadCodecs,
    ).toHaveLength(1)
  })

  it('of a project read certificates from its files, and leave TLS to the driver when they say nothing', () => {
    const root = mkdtempSync(join(tmpdir(), 'rgen-options-'))
    writeFileSync(join(root, 'ca.pem'), 'PEM')
    const engine = { driver: 'temporal', address: 'a:1', namespace: 'n', root, conventions: 'auto' } as const
    const tlsOf = (tls: ProjectTls) => projectOptions({ ...engine, tls }).tls
    expect(tlsOf({})).toBeUndefined()
    expect(tlsOf({ enabled: true })).toBe(true)
    expect(tlsOf({ enabled: false, ca_file: 'ca.pem' })).toBe(false)
    expect(tlsOf({ ca_file: 'ca.pem', server_name: 'inner' })).toEqual({ ca: 'PEM', serverName: 'inner' })
    expect(() => tlsOf({ ca_file: 'no.pem' })).toThrow('no.pem cannot be read')
    rmSync(root, { recursive: true })
  })

  it('send the headers of Restack with an engine id only', () => {
    expect(requestMetadata(temporalSettings({}))).toEqual({})
    expect(requestMetadata(temporalSettings({ engineId: 'local' }))).toEqual({
      'restack-engineid': 'local',
      'restack-apiaddress': 'http://localhost:6233',
      'restack-codecaddress': 'http://localhost:12233',
    })
    expect(
      requestMetadata(temporalSettings({ engineId: 'e', apiAddress: 'engine.example.com' })),
    ).toMatchObject({
      'restack-apiaddress': 'https://engine.example.com',
      'restack-codecaddress': 'https://engine.example.com',
    })
  })

  it('reach an API in private places by http', () => {
    expect(['localhost:6233', '10.0.0.1', 'engine.svc', 'api.example.com'].map(restackUrl)).toEqual([
      'http://localhost:6233',
      'http://10.0.0.1',
      'http://engine.svc',
      'https://api.example.com',
    ])
  })
})
