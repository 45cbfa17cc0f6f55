import { describe, expect, it } from '@jest/globals'
import { answerConflict, decideConflicts, openConflicts, type ConflictAnswer } from './conflicts.ts'
import { toProjectPath } from './path.ts'
import type { FilePlan } from './plan.ts'

const conflict = (path: string) =>
  ({ kind: 'conflict', path: toProjectPath(path), existing: 'mine\n', planned: 'theirs\n' }) as const
const plan: FilePlan = {
  command: 'rgen g agent A',
  changes: [
    conflict('a.ts'),
    { kind: 'create', path: toProjectPath('new.ts'), content: '' },
    conflict('b.ts'),
  ],
  next: [],
}
const kinds = (decided: FilePlan) => decided.changes.map((change) => change.kind)
const answering = (answers: ConflictAnswer[]) => async () => answers.shift() ?? 'quit'

describe('decideConflicts', () => {
  it('overwrites one and skips another, as it is told', async () => {
    const decided = await decideConflicts(plan, 'ask', answering(['overwrite', 'skip']))
    expect(kinds(decided)).toEqual(['update', 'create', 'skip'])
    expect(decided.changes[0]).toEqual({ kind: 'update', path: 'a.ts', before: 'mine\n', after: 'theirs\n' })
  })

  it('asks no more after "all"', async () => {
    expect(kinds(await decideConflicts(plan, 'ask', answering(['all'])))).toEqual([
      'update',
      'create',
      'update',
    ])
  })

  it('"all" does not take back what was skipped before', async () => {
    expect(kinds(await decideConflicts(plan, 'ask', answering(['skip', 'all'])))).toEqual([
      'skip',
      'create',
      'update',
    ])
  })

  it('shows the difference and asks again after "diff"', async () => {
    const shown: (string | undefined)[] = []
    const answers: ConflictAnswer[] = ['diff', 'skip', 'skip']
    await decideConflicts(plan, 'ask', async (_, show) => {
      shown.push(show)
      return answers.shift() ?? 'quit'
    })
    expect(shown).toEqual([undefined, expect.stringContaining('-mine\n+theirs'), undefined])
  })

  it('leaves everything as it was on "quit", even after answers', async () => {
    await expect(decideConflicts(plan, 'ask', answering(['overwrite', 'quit']))).rejects.toMatchObject({
      code: 'GEN_QUIT',
    })
  })

  it('takes one answer for all without asking', async () => {
    expect(kinds(await decideConflicts(plan, 'skip'))).toEqual(['skip', 'create', 'skip'])
    expect(kinds(await decideConflicts(plan, 'overwrite'))).toEqual(['update', 'create', 'update'])
  })

  it('fails naming every file when nobody may be asked', async () => {
    await expect(decideConflicts(plan, 'fail')).rejects.toMatchObject({
      code: 'GEN_CONFLICT',
      message: expect.stringContaining('a.ts, b.ts'),
      hint: expect.stringContaining('--force'),
    })
  })

  it('lets a plan without conflicts pass unchanged', async () => {
    const calm: FilePlan = { ...plan, changes: plan.changes.slice(1, 2) }
    expect(await decideConflicts(calm, 'fail')).toEqual(calm)
    expect(openConflicts(calm).question).toBeUndefined()
    expect(answerConflict(openConflicts(calm), 'overwrite').plan).toEqual(calm)
  })
})
