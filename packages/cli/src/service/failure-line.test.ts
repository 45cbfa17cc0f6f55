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

  it('leaves every other error its stack, and every other line alone', () => {
    expect(printFailure(new TypeError('x is not a function'))).toBeUndefined()
    expect(printFailure(Object.assign(new Error('no'), { code: 'ENOENT' }))).toBeUndefined()
    expect(parseFailure('TypeError: x is not a function')).toBeUndefined()
  })
})
