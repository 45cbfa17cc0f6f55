import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explainSettings, loadSettings } from './load-settings.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rgen-settings-'))
  mkdirSync(join(root, 'config'))
  mkdirSync(join(root, 'src/agents'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{}')
})
afterEach(() => rmSync(root, { recursive: true }))

const write = (text: string) => writeFileSync(join(root, 'config/settings.yaml'), text)

describe('loadSettings', () => {
  it('has the figures of the seed when nothing is written', () => {
    const { task_queue_default, retry, step, pipeline, engine } = loadSettings({ root, env: {} })
    expect(task_queue_default).toBe('restack')
    expect(retry).toEqual({ initial_seconds: 5, backoff: 2, max_interval_seconds: 120, max_attempts: 6 })
    expect(step).toEqual({ timeout_seconds: 120, heartbeat_seconds: 30 })
    expect(pipeline).toEqual({ default_max: 3, loops: {} })
    expect(engine).toMatchObject({ driver: 'embedded', database: '.rgen/engine.db' })
  })

  it('reads the settings file of the seed as it stands', () => {
    write(
      [
        'engine_url: http://localhost:7700',
        'task_queue_default: restack',
        'retry:\n  initial_seconds: 5.0\n  backoff: 2.0\n  max_interval_seconds: 120.0\n  max_attempts: 6',
        'pipeline:\n  loops:\n    ideate_research:\n      max: 3\n    draft_review:\n      max: 5\n',
      ].join('\n'),
    )
    const settings = loadSettings({ root, env: {} })
    expect(settings.pipeline.loops).toEqual({ ideate_research: { max: 3 }, draft_review: { max: 5 } })
    expect(settings.engine).toMatchObject({ driver: 'embedded', address: 'localhost:7700' })
  })

  it('takes the command line before the environment, that before the file, that before the default', () => {
    write('retry:\n  max_attempts: 2\n  backoff: 3\nlog: { level: warn }\n')
    const env = { RETRY_MAX_ATTEMPTS: '4', RGEN_LOG_LEVEL: 'error', RETRY_INITIAL_SECONDS: '0.5' }
    const flags = { 'retry.max_attempts': 9, task_queue_default: 'mine', 'log.format': undefined }
    const settings = loadSettings({ root, env, flags })
    expect(settings.retry).toEqual({
      initial_seconds: 0.5,
      backoff: 3,
      max_interval_seconds: 120,
      max_attempts: 9,
    })
    expect(settings.log).toEqual({ level: 'error', format: 'auto' })
    expect(settings.task_queue_default).toBe('mine')
  })

  it('finds the file from a folder inside the project, but not outside of it', () => {
    write('task_queue_default: outer')
    expect(loadSettings({ root: join(root, 'src/agents'), env: {} }).task_queue_default).toBe('outer')
    writeFileSync(join(root, 'src/package.json'), '{}')
    expect(loadSettings({ root: join(root, 'src/agents'), env: {} }).task_queue_default).toBe('restack')
  })

  it('accepts an empty file', () => {
    write('')
    expect(loadSettings({ root, env: {} }).task_queue_default).toBe('restack')
  })

  it('reads the limit of a loop from the environment', () => {
    write('pipeline: { loops: { draft_review: { max: 5 }, a_b: { max: 1 } } }')
    const { loops } = loadSettings({ root, env: { RGEN_PIPELINE_LOOPS_DRAFT_REVIEW_MAX: '7' } }).pipeline
    expect(loops).toEqual({ draft_review: { max: 7 }, a_b: { max: 1 } })
  })

  it.each([
    [{ TEMPORAL_ADDRESS: 'temporal:7233' }, 'temporal:7233'],
    [{ RESTACK_ENGINE_ADDRESS: 'engine:1' }, 'engine:1'],
    [{ RESTACK_ENGINE_URL: 'http://engine:7700/x' }, 'engine:7700'],
  ])('goes to the engine that the environment names: %j', (env, address) => {
    write('engine: { driver: embedded, address: "file:1" }')
    expect(loadSettings({ root, env }).engine).toMatchObject({ driver: 'temporal', address })
  })

  it('follows the conventions of Restack where its variable names the engine, unless told otherwise', () => {
    const conventions = (env: Record<string, string>) => loadSettings({ root, env }).engine.conventions
    write('')
    expect(conventions({ TEMPORAL_ADDRESS: 'temporal:7233' })).toBe('auto')
    expect(conventions({ RESTACK_ENGINE_ADDRESS: 'engine:1' })).toBe('restack')
    expect(conventions({ RESTACK_ENGINE_URL: 'http://engine:1' })).toBe('restack')
    expect(conventions({ RESTACK_ENGINE_ADDRESS: 'engine:1', RGEN_ENGINE_CONVENTIONS: 'plain' })).toBe(
      'plain',
    )
    write('engine: { conventions: plain }')
    expect(conventions({ RESTACK_ENGINE_ADDRESS: 'engine:1' })).toBe('plain')
  })

  it('stays with a driver that the environment names, whatever address it has', () => {
    const env = { TEMPORAL_ADDRESS: 'temporal:7233', RGEN_ENGINE_DRIVER: 'embedded' }
    expect(loadSettings({ root, env }).engine.driver).toBe('embedded')
  })

  it('takes an empty variable as not set', () => {
    expect(
      loadSettings({ root, env: { RETRY_MAX_ATTEMPTS: '', RESTACK_ENGINE_URL: '' } }).retry.max_attempts,
    ).toBe(6)
  })

  it('reports every mistake of the environment and the command line, without their values', () => {
    const env = {
      RETRY_MAX_ATTEMPTS: 'canary',
      RGEN_HTTP_PORT: '70000',
      RGEN_HTTP_ENABLED: 'perhaps',
      RGEN_LOG_LEVEL: 'loud',
    }
    expect(() => loadSettings({ root, env, flags: { 'retry.backof': 1 } })).toThrow(
      [
        'command line unknown setting "retry.backof". Did you mean "retry.backoff"?',
        'environment RETRY_MAX_ATTEMPTS must be a whole number, at least 0.',
        'environment RGEN_HTTP_ENABLED must be true or false.',
        'environment RGEN_HTTP_PORT must be a whole number, at least 0 and at most 65535.',
        'environment RGEN_LOG_LEVEL must be one of debug, info, warn, error, silent.',
      ].join('\n'),
    )
  })

  it('names file, line and column of a mistake in the file', () => {
    write('retry:\n  max_atempts: 3\n')
    expect(() => loadSettings({ root, env: {} })).toThrow(
      'config/settings.yaml:2:3 unknown key "max_atempts" in retry. Did you mean "max_attempts"?',
    )
  })
})

describe('explainSettings', () => {
  it('tells of each setting what it is and who said so', () => {
    write('retry:\n  backoff: 3\npipeline: { loops: { draft_review: { max: 5 } } }\n')
    const env = { RETRY_MAX_ATTEMPTS: '4', RESTACK_ENGINE_API_KEY: 'canary-key' }
    const rows = explainSettings({ root, env, flags: { task_queue_default: 'mine' } })
    const row = (name: string) => rows.find((candidate) => candidate.name === name)
    expect(row('task_queue_default')).toMatchObject({ value: 'mine', source: 'command line' })
    expect(row('retry.max_attempts')).toMatchObject({
      value: 4,
      source: 'environment',
      from: 'RETRY_MAX_ATTEMPTS',
    })
    expect(row('retry.backoff')).toMatchObject({ value: 3, source: 'file', from: 'config/settings.yaml:2' })
    expect(row('retry.initial_seconds')).toMatchObject({ value: 5, source: 'default' })
    expect(row('pipeline.loops.draft_review.max')).toMatchObject({ value: 5, source: 'file' })
    expect(row('engine.api_key')).toMatchObject({ value: '[set]', source: 'environment' })
    expect(JSON.stringify(rows)).not.toContain('canary-key')
  })
})
