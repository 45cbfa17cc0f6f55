import { describe, expect, it } from '@jest/globals'
import { parseFailure, printFailure } from './failure-line.ts'

describe('the line by which a service tells why it ends', () => {
  it('carries code, hint, place and all problems of an error of ours', () => {
    const problems = [{ code: 'CONFIG_SYNTAX', message: 'no', file: 'config/tools.yaml', line: 2, column: 1 }]
    const error = Object.assign(new Error('no'), { code: 'CONFIG_SYNTAX', hint: 'do', problems })
    expect(parseFailure(printFailure(error)?.trimEnd() ?? '')).toMatchObject({
      message: 'no',
      code: 'CONFIG_SYNTAX',
      hint: 'do',
      problems,
    })
  })

  it('carries the message of a file that does not parse, which has the place in it', () => {
    const message = 'Transform failed with 1 error:\n/app/src/a.ts:1:8: ERROR: Expected ";"'
    const error = Object.assign(new Error(message), { name: 'TransformError' })
    expect(parseFailure(printFailure(error)?.trimEnd() ?? '')).toEqual(new Error(message))
  })

  it('carries errors of every package that a service stands on', () => {
    for (const code of ['PROMPT_MISSING', 'LLM_CONFIG', 'TOOL_START', 'ENGINE_CLOSED', 'TEMPORAL_CONNECTION'])
      expect(printFailure(Object.assign(new Error('no'), { code }))).toContain(code)
  })

  it('leaves every other error its stack, and every other line alone', () => {
    expect(printFailure(new TypeError('x is not a function'))).toBeUndefined()
    expect(printFailure(Object.assign(new Error('no'), { code: 'ENOENT' }))).toBeUndefined()
    expect(parseFailure('TypeError: x is not a function')).toBeUndefined()
  })
})
