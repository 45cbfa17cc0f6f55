import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '@rgen/runtime'

const folders = ['.', 'src', 'server', 'client', 'config', 'prompts', 'tests', '.rgen']

/**
 * May we write where generators and the engine write? Folders that do not exist yet are left out.
 *
 * @param isWritable Asks the file system.
 */
export function checkWriteAccess(root: string, isWritable = mayWrite): Check {
  const existing = folders.filter((folder) => existsSync(join(root, folder)))
  const refused = existing.filter((folder) => !isWritable(join(root, folder)))
  return refused.length === 0
    ? { area: 'Project', name: 'Write access', status: 'ok', detail: existing.join(', ') }
    : {
        area: 'Project',
        name: 'Write access',
        status: 'fail',
        detail: `not allowed to write in ${refused.join(', ')}`,
        fix: `chmod -R u+w ${refused.join(' ')}`,
      }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
