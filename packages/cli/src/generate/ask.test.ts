import { describe, expect, it } from '@jest/globals'
import { toProjectPath, type Conflict } from '@rgen/plop'
import { recordIo } from '../io.fixture.ts'
import { askAboutConflict } from './ask.ts'

const conflict: Conflict = {
  kind: 'conflict',
  path: toProjectPath('src/agents/research.ts'),
  existing: 'mine',
  planned: 'planned',
}

describe('askAboutConflict', () => {
  it.each([
    ['y', 'overwrite'],
    ['N', 'skip'],
    ['a', 'all'],
    ['d', 'diff'],
    ['q', 'quit'],
    ['overwrite', 'overwrite'],
  ])('takes %s for %s', async (typed, answer) => {
    const io = recordIo({ answers: [typed] })
    expect(await askAboutConflict(conflict, undefined, io)).toBe(answer)
    expect(io.err()).toContain('conflict src/agents/research.ts exists. Overwrite? [ynadqh] ')
  })

  it('explains the answers, and overwrites nothing on a bare Enter', async () => {
    const io = recordIo({ answers: ['', 'h', 'n'] })
    expect(await askAboutConflict(conflict, undefined, io)).toBe('skip')
    expect(io.err().match(/d {2}show the difference/g)).toHaveLength(2)
  })

  it('shows the difference that was asked for before it asks again', async () => {
    const io = recordIo({ answers: ['n'] })
    await askAboutConflict(conflict, '-mine\n+planned\n', io)
    expect(io.err()).toMatch(/^-mine\n\+planned\n.*Overwrite\?/)
  })
})
