import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { GenerateError } from '../errors.ts'

const longestWaitMs = 10_000
const pauseMs = 20

/**
 * Runs `work` while no other process of this user writes to the same project. Between checking that files are as they
 * were and replacing them, two generators at once could otherwise lose a line of an index.
 *
 * The lock is a file in the system's temporary folder that names its process, so that one left by a dead process
 * holds nobody up and the project stays free of it.
 *
 * @throws {GenerateError} `GEN_CHANGED` when another process does not finish within 10 seconds.
 */
export async function withProjectLock<T>(realRoot: string, work: () => Promise<T>): Promise<T> {
  const hash = createHash('sha256').update(realRoot).digest('hex').slice(0, 16)
  const file = join(tmpdir(), `rgen-${hash}.lock`)
  await acquire(file)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function acquire(file: string): Promise<void> {
  for (let waited = 0; waited < longestWaitMs; waited += pauseMs) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Where nothing can be put into the temporary folder, the checks of applyPlan have to be enough.
      if (code !== 'EEXIST') return
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    // An empty file is one whose process died while it made it, unless it is very young.
    const abandoned = holder > 0 ? !isAlive(holder) : waited > 2_000
    if (abandoned) await rm(file, { force: true })
    else await wait(pauseMs)
  }
  throw new GenerateError('GEN_CHANGED', 'Another rgen is writing to this project. Nothing was written.', {
    hint: 'Run the command again when it has finished.',
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
