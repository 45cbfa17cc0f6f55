import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { applyPlan, GenerateError, type FilePlan } from '@rgen/plop'

/**
 * Makes the folder of a project with everything in it, or nothing: it is built beside its place and renamed.
 *
 * @throws {GenerateError} `GEN_NOT_EMPTY` when the folder exists with something in it, `GEN_WRITE` when the disk
 *   refuses.
 */
export async function createProject(plan: FilePlan, folder: string): Promise<void> {
  const existed = await refuseOccupied(folder)
  const building = join(dirname(folder), `.rgen-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(building)
    await applyPlan(plan, building)
    // An empty folder may be in the way of a rename (Windows); a folder that has filled up meanwhile stays.
    if (existed) await rmdir(folder)
    await rename(building, folder)
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    if (error instanceof GenerateError) throw error
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw new GenerateError('GEN_WRITE', `${folder} could not be made (${code}).`, {
      cause: error,
      hint: 'Check the rights and the space of the folder around it.',
    })
  }
}

/** Whether the folder is there already; it may be, as long as nothing is in it. */
async function refuseOccupied(folder: string): Promise<boolean> {
  const entries = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw occupied(folder, code === 'ENOTDIR' ? 'is a file' : `cannot be read (${String(code)})`)
  })
  if (entries === undefined) return false
  if (entries.length > 0) throw occupied(folder, 'exists and is not empty')
  return true
}

function occupied(folder: string, why: string): GenerateError {
  return new GenerateError('GEN_NOT_EMPTY', `${folder} ${why}.`, {
    hint: 'Choose another name, or empty that folder first.',
  })
}
