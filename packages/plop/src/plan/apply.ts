import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, isAbsolute, sep } from 'node:path'
import { GenerateError } from '../errors.ts'
import { conflictError } from './conflicts.ts'
import { withProjectLock } from './lock.ts'
import { toProjectPath, type ProjectPath } from './path.ts'
import type { FileChange, FilePlan } from './plan.ts'

// The only module of this package that writes to a project.
//
//   W1. Everything is checked before the first write: confinement, undecided conflicts, files changed since planning.
//   W2. Each file appears whole, by writing it beside its place and renaming it.
//   W3. When a write fails, what was written is undone, and the error says so.
//   W4. One process at a time: what was checked is still so when it is replaced.

type Write = Extract<FileChange, { kind: 'create' | 'update' }>

/** A write with its place on disk, symbolic links of the parents resolved. */
interface PlacedWrite {
  readonly path: ProjectPath
  readonly target: string
  readonly content: string
  /** What stands there now; undefined for a new file. */
  readonly before: string | undefined
}

/**
 * Writes a plan to disk: all of it or nothing.
 *
 * @param plan Without undecided conflicts; see `decideConflicts`.
 * @param root The project's folder. It must exist.
 * @throws {GenerateError} `GEN_CONFLICT` for an undecided conflict, `GEN_CHANGED` when a file is not as it was when
 *   the plan was made, `GEN_PATH` when a symbolic link leads out of the project, `GEN_WRITE` when the disk refuses;
 *   in each case the project is as it was.
 */
export async function applyPlan(plan: FilePlan, root: string): Promise<void> {
  if (plan.changes.some((change) => change.kind === 'conflict')) throw conflictError(plan)
  const realRoot = await realpath(root)
  await withProjectLock(realRoot, () => verifyAndWrite(plan, realRoot))
}

async function verifyAndWrite(plan: FilePlan, realRoot: string): Promise<void> {
  const writes: PlacedWrite[] = []
  for (const change of plan.changes) {
    if (change.kind !== 'create' && change.kind !== 'update') continue
    const write = await place(change, realRoot)
    await verifyUnchanged(write)
    writes.push(write)
  }
  await writeAll(writes)
}

async function place(change: Write, realRoot: string): Promise<PlacedWrite> {
  const path = toProjectPath(change.path)
  const target = await resolveInside(realRoot, path)
  return change.kind === 'create'
    ? { path, target, content: change.content, before: undefined }
    : { path, target, content: change.after, before: change.before }
}

/** The real place of a path, following links; refuses one that ends outside of the project. */
async function resolveInside(realRoot: string, path: ProjectPath): Promise<string> {
  let existing = join(realRoot, path)
  let rest = ''
  while (!(await exists(existing))) {
    rest = join(existing.slice(dirname(existing).length + 1), rest)
    existing = dirname(existing)
  }
  const real = await realpath(existing).catch((cause: unknown) => {
    throw new GenerateError('GEN_PATH', `${path} is a symbolic link to nothing.`, { cause })
  })
  const target = rest === '' ? real : join(real, rest)
  const fromRoot = relative(realRoot, target)
  if (fromRoot === '..' || fromRoot.startsWith(`..${sep}`) || isAbsolute(fromRoot))
    throw new GenerateError('GEN_PATH', `${path} leads out of the project through a symbolic link.`, {
      hint: 'Replace the link by a folder of the project. Nothing was written.',
    })
  return target.endsWith(sep) ? target.slice(0, -1) : target
}

async function verifyUnchanged({ path, target, before }: PlacedWrite): Promise<void> {
  const now = await readFile(target).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    const detail = code === 'ENOTDIR' || code === 'EISDIR' ? 'is in the way' : 'cannot be read'
    throw new GenerateError('GEN_WRITE', `${path} ${detail} (${String(code)}). Nothing was written.`, {
      cause: error,
    })
  })
  const same = before === undefined ? now === undefined : now?.equals(Buffer.from(before)) === true
  if (!same)
    throw new GenerateError(
      'GEN_CHANGED',
      `${path} has changed since the plan was made. Nothing was written.`,
      {
        hint: 'Run the command again.',
      },
    )
}

async function writeAll(writes: readonly PlacedWrite[]): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  let current: PlacedWrite | undefined
  try {
    const staged = new Map<PlacedWrite, string>()
    for (current of writes) {
      const folder = dirname(current.target)
      const made = await mkdir(folder, { recursive: true })
      if (made !== undefined) undo.push(() => removeEmptyFolders(made, folder))
      const temporary = `${current.target}.${randomUUID().slice(0, 8)}.tmp`
      undo.push(() => rm(temporary, { force: true }))
      const mode = current.before === undefined ? undefined : (await lstat(current.target)).mode
      await writeFile(temporary, current.content, { flag: 'wx', ...(mode !== undefined && { mode }) })
      staged.set(current, temporary)
    }
    for (current of writes) {
      await verifyUnchanged(current)
      const { target, before } = current
      undo.push(() => (before === undefined ? rm(target, { force: true }) : writeFile(target, before)))
      await rename(staged.get(current) ?? target, target)
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined)
    if (error instanceof GenerateError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new GenerateError(
      'GEN_WRITE',
      `${current?.path ?? 'A file'} could not be written (${code ?? String(error)}). Nothing was changed.`,
      { cause: error, hint: 'Check the rights and the space of that folder.' },
    )
  }
}

/** Removes the folders from `last` up to `first`, as far as they are empty. */
async function removeEmptyFolders(first: string, last: string): Promise<void> {
  for (let folder = last; folder.length >= first.length; folder = dirname(folder)) await rmdir(folder)
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
