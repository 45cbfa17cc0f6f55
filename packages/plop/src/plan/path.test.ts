import { describe, expect, it } from '@jest/globals'
import { toProjectPath } from './path.ts'

describe('toProjectPath', () => {
  it.each(['package.json', 'src/agents/research.ts', '.github/workflows/ci.yml', 'a..b/c'])(
    'takes %s',
    (path) => {
      expect(toProjectPath(path)).toBe(path)
    },
  )

  it.each([
    '',
    '/etc/passwd',
    '../x',
    'src/../../x',
    './x',
    'src//x',
    'src/',
    'C:/x',
    'c:x',
    'src\\x',
    'a\0b',
  ])('refuses %j', (path) => {
    expect(() => toProjectPath(path)).toThrow(expect.objectContaining({ code: 'GEN_PATH' }))
  })
})
