import { describe, expect, it } from '@jest/globals'
import { projectWith, rgen } from './rgen.fixture.ts'

const root = projectWith({
  'config/settings.yaml': 'retry:\n  max_attempts: 9\n  backoff: 3\n',
  '.env': 'RETRY_BACKOFF=4\nRESTACK_ENGINE_API_KEY=hunter2\n',
})

describe('rgen settings', () => {
  it('says what holds and who said so: command line, environment with .env, file, default', async () => {
    const { code, out } = await rgen(['settings', 'retry', '--set', 'retry.initial_seconds=1'], root)
    expect(code).toBe(0)
    expect(out).toBe(
      [
        'SETTING                     VALUE  FROM',
        'retry.initial_seconds       1      --set',
        'retry.backoff               4      RETRY_BACKOFF',
        'retry.max_interval_seconds  120    default',
        'retry.max_attempts          9      config/settings.yaml:2',
        '',
      ].join('\n'),
    )
  })

  it('shows that a secret is set, and never what it is', async () => {
    const { out } = await rgen(['settings', '--changed'], root)
    expect(out).toMatch(/engine\.api_key +\[set\] +RESTACK_ENGINE_API_KEY/)
    expect(out).not.toContain('hunter2')
    expect(out).not.toContain('default')
  })

  it('suggests the setting or group that was meant', async () => {
    expect(await rgen(['settings', 'retri'], root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean retry?'),
    })
    expect((await rgen(['settings', '--set', 'retry.max_atempts=1'], root)).err).toContain(
      'retry.max_attempts',
    )
  })

  it('answers a program with JSON', async () => {
    const { out } = await rgen(['settings', 'retry.max_attempts', '--json'], root)
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({
        name: 'retry.max_attempts',
        value: 9,
        source: 'file',
        from: 'config/settings.yaml:2',
      }),
    ])
  })
})
