import { describe, expect, it } from '@jest/globals'
import { lastWords } from './last-words.ts'

describe('lastWords', () => {
  it('are the error and its place, not the frames below it', () => {
    const thrown = [
      '/app/src/tools/research.mcp.ts:2',
      'throw new Error("tool boom");',
      '      ^',
      'Error: tool boom',
      '    at <anonymous> (/app/src/tools/research.mcp.ts:2:7)',
      '    at async ModuleLoader.import (node:internal/modules/esm/loader:606:24)',
      'Node.js v20.20.2',
    ]
    expect(lastWords(thrown)).toEqual([
      '/app/src/tools/research.mcp.ts:2',
      'throw new Error("tool boom");',
      'Error: tool boom',
    ])
  })

  it('are the mistake of a module that does not parse', () => {
    const unparsable = [
      'node:internal/modules/run_main:123',
      '    triggerUncaughtException(',
      '    ^',
      'Error [TransformError]: Transform failed with 1 error:',
      '/app/src/tools/research.mcp.ts:1:8: ERROR: Expected ";" but found "=="',
      '    at failureErrorWithLog (/app/node_modules/esbuild/lib/main.js:1752:15) {',
      '}',
      'Node.js v20.20.2',
    ]
    expect(lastWords(unparsable)).toEqual([
      'Error [TransformError]: Transform failed with 1 error:',
      '/app/src/tools/research.mcp.ts:1:8: ERROR: Expected ";" but found "=="',
    ])
  })

  it('are the last lines of a program that is not ours', () => {
    const traceback = [
      'Traceback:',
      '  File "server.py", line 3',
      '    raise ValueError("no")',
      'ValueError: no',
    ]
    expect(lastWords(traceback)).toEqual(traceback.slice(1))
    expect(lastWords(['}'])).toEqual(['}'])
    expect(lastWords([])).toEqual([])
  })
})
