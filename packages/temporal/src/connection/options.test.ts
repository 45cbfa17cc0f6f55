import { describe, expect, it } from '@jest/globals'
import { temporalEnvironment } from './environment.ts'
import { requestMetadata, temporalSettings } from './options.ts'
import { projectOptions } from './project.ts'
import { apiBase } from './restack-endpoints.ts'

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

  it('of the environment follow Restack when its engine is named', () => {
    expect(
      temporalEnvironment({ RESTACK_ENGINE_ADDRESS: 'engine:7233', RESTACK_ENGINE_API_KEY: 'k' }),
    ).toEqual({
      address: 'engine:7233',
      apiKey: 'k',
      engineId: 'local',
    })
    expect(temporalEnvironment({ TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'ns' })).toEqual({
      address: 'temporal:7233',
      namespace: 'ns',
    })
  })

  it('of a project follow Restack when it has an engine id, unless it says otherwise', () => {
    const engine = { driver: 'temporal', address: 'a:1', namespace: 'n', root: '/p', engine_id: 'e' } as const
    expect(projectOptions({ ...engine, conventions: 'auto' }, undefined).engineId).toBe('e')
    expect(projectOptions({ ...engine, conventions: 'plain' }, undefined).engineId).toBeUndefined()
    expect(() =>
      projectOptions({ ...engine, conventions: 'auto', tls: { ca_file: 'no.pem' } }, undefined),
    ).toThrow('no.pem cannot be read')
  })

  it('send the headers of Restack with an engine id only', () => {
    expect(requestMetadata(temporalSettings({}))).toEqual({})
    expect(requestMetadata(temporalSettings({ engineId: 'local' }))).toMatchObject({
      'restack-engineid': 'local',
    })
  })

  it('reach an API in private places by http', () => {
    expect(['localhost:6233', '10.0.0.1', 'engine.svc', 'api.example.com'].map(apiBase)).toEqual([
      'http://localhost:6233',
      'http://10.0.0.1',
      'http://engine.svc',
      'https://api.example.com',
    ])
  })
})
