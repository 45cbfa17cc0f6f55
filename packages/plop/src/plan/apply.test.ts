import { createHash } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { applyPlan } from './apply.ts'
import { toProjectPath } from './path.ts'
import type { FileChange, FilePlan } from './plan.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rgen-apply-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const plan = (...changes: FileChange[]): FilePlan => ({ command: 'test', changes, next: [] })
const create = (path: string, content = 'new\n'): FileChange => ({
  kind: 'create',
  path: toProjectPath(path),
  content,
})
const update = (path: string, before: string, after: string): FileChange => ({
  kind: 'update',
  path: toProjectPath(path),
  before,
  after,
})
const files = async () => (await readdir(root, { recursive: true })).sort()
const read = (path: string) => readFile(join(root, path), 'utf8')

describe('applyPlan', () => {
  it('writes new files with their folders, and changes to files that are as they were', async () => {
    await writeFile(join(root, 'a.txt'), 'old\n')
    await applyPlan(plan(create('src/deep/new.ts'), update('a.txt', 'old\n', 'changed\n')), root)
    expect(await read('src/deep/new.ts')).toBe('new\n')
    expect(await read('a.txt')).toBe('changed\n')
    expect(await files()).toEqual(['a.txt', 'src', 'src/deep', 'src/deep/new.ts'])
  })

  it('writes nothing of a plan with an undecided conflict', async () => {
    const conflict: FileChange = { kind: 'conflict', path: toProjectPath('b'), existing: '1', planned: '2' }
    await expect(applyPlan(plan(create('a'), conflict), root)).rejects.toMatchObject({ code: 'GEN_CONFLICT' })
    expect(await files()).toEqual([])
  })

  it('writes nothing when a file has changed since the plan was made', async () => {
    await writeFile(join(root, 'a.txt'), 'somebody was here\n')
    const stale = plan(create('b.txt'), update('a.txt', 'old\n', 'changed\n'))
    await expect(applyPlan(stale, root)).rejects.toMatchObject({ code: 'GEN_CHANGED' })
    expect(await files()).toEqual(['a.txt'])
    expect(await read('a.txt')).toBe('somebody was here\n')
  })

  it('writes nothing when a file that should be new has appeared, or one to change has gone', async () => {
    await writeFile(join(root, 'a.txt'), 'here already\n')
    await expect(applyPlan(plan(create('a.txt')), root)).rejects.toMatchObject({ code: 'GEN_CHANGED' })
    await expect(applyPlan(plan(update('gone', 'x', 'y')), root)).rejects.toMatchObject({
      code: 'GEN_CHANGED',
    })
    expect(await read('a.txt')).toBe('here already\n')
  })

  it('undoes its writes, folders included, when one of them fails', async () => {
    await writeFile(join(root, 'a.txt'), 'old\n')
    await writeFile(join(root, 'file'), 'a file, no folder')
    const failing = plan(create('src/x.ts'), update('a.txt', 'old\n', 'changed\n'), create('file/inside.ts'))
    await expect(applyPlan(failing, root)).rejects.toMatchObject({ code: 'GEN_WRITE' })
    expect(await files()).toEqual(['a.txt', 'file'])
    expect(await read('a.txt')).toBe('old\n')
  })

  it('undoes its writes when a name is too long for the disk', async () => {
    const failing = plan(create('src/agents/x.ts'), create(`${'n'.repeat(250)}.ts`))
    await expect(applyPlan(failing, root)).rejects.toMatchObject({
      code: 'GEN_WRITE',
      message: expect.stringContaining('Nothing was changed'),
    })
    expect(await files()).toEqual([])
  })

  it('refuses a folder that is a link out of the project, and a link to nothing', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'rgen-outside-'))
    await symlink(outside, join(root, 'src'))
    await symlink(join(root, 'nowhere'), join(root, 'dangling'))
    await expect(applyPlan(plan(create('src/x.ts')), root)).rejects.toMatchObject({ code: 'GEN_PATH' })
    await expect(applyPlan(plan(create('dangling')), root)).rejects.toMatchObject({ code: 'GEN_PATH' })
    expect(await readdir(outside)).toEqual([])
    await rm(outside, { recursive: true })
  })

  it('follows a link that stays inside the project, and leaves the link in place', async () => {
    await mkdir(join(root, 'real'))
    await symlink(join(root, 'real'), join(root, 'src'))
    await applyPlan(plan(create('src/x.ts')), root)
    expect(await read('real/x.ts')).toBe('new\n')
  })

  it('lets one of two plans against the same file win, whole, and refuses the other', async () => {
    await writeFile(join(root, 'index.ts'), 'old\n')
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) =>
        applyPlan(plan(create(`${name}.ts`), update('index.ts', 'old\n', `old\n${name}\n`)), root),
      ),
    )
    const won = results.filter((result) => result.status === 'fulfilled')
    expect(won.length).toBe(1)
    const [, name] = (await read('index.ts')).split('\n')
    expect(await files()).toEqual([`${name ?? ''}.ts`, 'index.ts'])
  })

  it('is held up by no lock of a process that died', async () => {
    // 2^22 is above the highest process id of Linux and macOS.
    const hash = createHash('sha256')
      .update(await realpath(root))
      .digest('hex')
      .slice(0, 16)
    await writeFile(join(tmpdir(), `rgen-${hash}.lock`), String(2 ** 22 + 1))
    await applyPlan(plan(create('a.ts')), root)
    expect(await files()).toEqual(['a.ts'])
  })

  it('keeps the rights of a file that it changes', async () => {
    await writeFile(join(root, 'run.sh'), 'old\n')
    await chmod(join(root, 'run.sh'), 0o755)
    await applyPlan(plan(update('run.sh', 'old\n', 'changed\n')), root)
    expect((await stat(join(root, 'run.sh'))).mode & 0o777).toBe(0o755)
  })

  it('leaves alone what is kept or skipped', async () => {
    const path = toProjectPath('missing')
    await applyPlan(plan({ kind: 'keep', path }, { kind: 'skip', path }), root)
    expect(await files()).toEqual([])
  })
})
