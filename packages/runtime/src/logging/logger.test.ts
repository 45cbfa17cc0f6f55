import { describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedactor } from '../llm/redaction.ts'
import { createLogger, type LoggerOptions } from './logger.ts'

function capture(options: LoggerOptions = {}) {
  const lines: string[] = []
  const log = createLogger({ ...options, destination: { write: (line) => lines.push(line) } })
  return { log, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('createLogger', () => {
  it('writes one JSON object a line, with time, level, message and fields', () => {
    const { log, records } = capture({ name: 'desk' })
    log.info('a run began', { runId: 'r1', attempt: 2 })
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        process: 'desk',
        message: 'a run began',
        runId: 'r1',
        attempt: 2,
      },
    ])
    expect(Date.parse(String(records()[0]?.time))).toBeGreaterThan(0)
  })

  it('leaves out lines below its level', () => {
    const { log, records } = capture({ level: 'warn' })
    log.debug('no')
    log.info('no')
    log.warn('yes')
    log.log('error', 'yes too')
    expect(records().map(({ level }) => level)).toEqual(['warn', 'error'])
  })

  it('gives each line of a child the ids of its run, also a child of a child', () => {
    const { log, records } = capture()
    log.child({ runId: 'r1' }).child({ correlationId: 'c1' }).info('x', { step: 3 })
    expect(records()[0]).toMatchObject({ runId: 'r1', correlationId: 'c1', step: 3 })
  })

  it('removes known secrets from message, fields, errors and their causes, however they are spelled', () => {
    const secret = 'canary/0123456789+key'
    const { log, lines } = capture({ redact: createRedactor([secret]) })
    const cause = new Error(`refused ${secret}`)
    log.child({ url: `http://x/?k=${encodeURIComponent(secret)}` }).error(`failed with ${secret}`, {
      error: Object.assign(new Error(`outer ${secret}`, { cause }), { body: { echoed: [secret] } }),
      basic: Buffer.from(`user:${secret}`).toString('base64'),
    })
    const text = lines.join('')
    expect(text).toContain('[redacted]')
    for (const spelling of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').slice(0, 20),
    ])
      expect(text).not.toContain(spelling)
    expect(JSON.parse(text)).toHaveProperty('error.cause.message', 'refused [redacted]')
  })

  it('never writes a field that is named like a secret, but writes figures about tokens', () => {
    const { log, records } = capture()
    log.info('x', {
      password: 'hunter2',
      headers: { Authorization: 'x', 'x-api-key': 'y' },
      tokens: 12,
      max_tokens: 3,
    })
    expect(records()[0]).toMatchObject({
      password: '[redacted]',
      headers: { Authorization: '[redacted]', 'x-api-key': '[redacted]' },
      tokens: 12,
      max_tokens: 3,
    })
  })

  it('survives whatever is thrown at it: cycles, big integers, maps, functions, bytes, depth', () => {
    const { log, records } = capture()
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const fields = {
      cycle,
      big: 1n,
      map: new Map([['a', 1]]),
      set: new Set([2]),
      call: () => 1,
      bytes: new Uint8Array(3),
    }
    log.info('x', { ...fields, when: new Date(NaN), long: 'x'.repeat(20_000) })
    expect(records()[0]).toMatchObject({
      cycle: { self: '[circular]' },
      big: '1',
      map: { a: 1 },
      set: [2],
      bytes: '[3 bytes]',
      when: 'invalid date',
    })
    expect(String(records()[0]?.long)).toHaveLength(16_384 + '… (20000 characters)'.length)
  })

  it('does not let a field take the place of level, time or message', () => {
    const { log, records } = capture()
    log.info('real', { message: 'fake', level: 'fatal', time: 'never' })
    expect(records()[0]).toMatchObject({
      message: 'real',
      level: 'info',
      field_message: 'fake',
      field_level: 'fatal',
    })
  })

  it('writes for people when asked: one line, fields behind, the stack of an error below', () => {
    const { log, lines } = capture({ format: 'pretty' })
    const error = Object.assign(new Error('it broke'), {
      code: 'TOOL_DOWN',
      stack: 'Error: it broke\n    at here',
    })
    log.warn('tool server is down', { server: 'research', reason: 'two words', error })
    const [line = ''] = lines
    expect(line.replace(/^\d\d:\d\d:\d\d/, 'HH:MM:SS')).toBe(
      [
        'HH:MM:SS warn  tool server is down  server=research reason="two words" error="it broke" (TOOL_DOWN)',
        '    Error: it broke',
        '        at here',
        '',
      ].join('\n'),
    )
  })

  it('appends to a file, creating its folder, and has written everything when it is closed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rgen-log-'))
    const file = join(folder, 'logs', 'service.log')
    for (const message of ['one', 'two']) {
      const log = createLogger({ destination: { file } })
      log.info(message)
      log.close()
    }
    expect(existsSync(file)).toBe(true)
    const messages = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message)
    expect(messages).toEqual(['one', 'two'])
    rmSync(folder, { recursive: true })
  })
})
