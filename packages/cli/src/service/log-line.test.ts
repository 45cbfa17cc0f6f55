import { describe, expect, it } from '@jest/globals'
import { recordIo } from '../io.fixture.ts'
import { prettyLogLine } from './log-line.ts'

const output = recordIo().stdout
const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()

describe('prettyLogLine', () => {
  it('shows time, level, message and what else the line carries', () => {
    const line = JSON.stringify({ level: 30, time: at, pid: 1, msg: 'Run completed', runId: 'a1', steps: 3 })
    expect(prettyLogLine(line, output)).toBe('03:04:05.006 INFO  Run completed runId=a1 steps=3')
  })

  it('takes levels by name too, and prints the stack of an error', () => {
    const line = JSON.stringify({
      level: 'error',
      time: at,
      msg: 'Step failed',
      err: { message: 'no', stack: 'Error: no\n  at x' },
    })
    expect(prettyLogLine(line, output)).toBe('03:04:05.006 ERROR Step failed\n  Error: no\n    at x')
  })

  it('reads the lines of our own logger', () => {
    const line = `{"level":"warn","time":"${new Date(at).toISOString()}","server":"docs","message":"It is late."}`
    expect(prettyLogLine(line, output)).toBe('03:04:05.006 WARN  It is late. server=docs')
  })

  it('leaves a line alone that is not a log line', () => {
    for (const line of ['hello', '{"a":1}', '{broken', '']) expect(prettyLogLine(line, output)).toBe(line)
  })
})
