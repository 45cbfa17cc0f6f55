// Which processes this project has started, so that those whose service was killed can be ended at the next start.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ToolLog } from '../ports.ts'
import { startTimeOf } from './process-identity.ts'
import { signalGroup, stopStepMs } from './stop.ts'

interface PidRecord {
  readonly server: string
  readonly pid: number
  readonly startTime: string
  readonly command: string
  /** The service that started it: while that lives, the process is no orphan. */
  readonly managerPid: number
  readonly managerStartTime: string
}

/** The folder of the records, under the project. */
export const pidFolder = join('.rgen', 'tool-servers')

/** The records of one project. */
export class PidFiles {
  readonly #folder: string
  readonly #log: ToolLog
  #self: Promise<string | undefined> | undefined

  constructor(root: string, log: ToolLog) {
    this.#folder = join(root, pidFolder)
    this.#log = log
  }

  /** Notes a process. A project that cannot be written to is told about once and served without. */
  async write(server: string, pid: number, command: string): Promise<void> {
    this.#self ??= startTimeOf(process.pid)
    const [startTime, managerStartTime] = await Promise.all([startTimeOf(pid), this.#self])
    if (startTime === undefined || managerStartTime === undefined) return
    const record: PidRecord = { server, pid, startTime, command, managerPid: process.pid, managerStartTime }
    try {
      await mkdir(this.#folder, { recursive: true })
      await writeFile(this.#file(server, pid), `${JSON.stringify(record)}\n`)
    } catch (error) {
      this.#log.log('warn', 'The process of a tool server cannot be noted.', { server, error: String(error) })
    }
  }

  /** Forgets a process that has ended. */
  async remove(server: string, pid: number): Promise<void> {
    await rm(this.#file(server, pid), { force: true }).catch(() => undefined)
  }

  /** Ends every noted process whose service is gone, and answers which. */
  async reap(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[])
    const reaped = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#reapOne(join(this.#folder, name))),
    )
    return reaped.filter((pid) => pid !== undefined)
  }

  async #reapOne(file: string): Promise<number | undefined> {
    const record = await readFile(file, 'utf8').then(parseRecord, () => undefined)
    if (record !== undefined) {
      if ((await startTimeOf(record.managerPid)) === record.managerStartTime) return undefined
      const orphan = (await startTimeOf(record.pid)) === record.startTime
      if (orphan) {
        this.#log.log('warn', `Ending "${record.command}", left by a service that was killed.`, {
          server: record.server,
          pid: record.pid,
        })
        await signalGroup(record.pid, 'SIGTERM')
        await ended(record)
        await signalGroup(record.pid, 'SIGKILL')
        await ended(record)
        await rm(file, { force: true }).catch(() => undefined)
        return record.pid
      }
    }
    await rm(file, { force: true }).catch(() => undefined)
    return undefined
  }

  #file(server: string, pid: number): string {
    return join(this.#folder, `${server}.${pid}.json`)
  }
}

async function ended({ pid, startTime }: PidRecord): Promise<void> {
  const deadline = performance.now() + stopStepMs
  while (performance.now() < deadline && (await startTimeOf(pid)) === startTime)
    await new Promise((resolve) => setTimeout(resolve, 20))
}

function parseRecord(text: string): PidRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<PidRecord>
    const { server, pid, startTime, command, managerPid, managerStartTime } = value
    if (typeof server !== 'string' || typeof startTime !== 'string' || typeof managerStartTime !== 'string')
      return undefined
    if (!isPid(pid) || !isPid(managerPid)) return undefined
    return { server, pid, startTime, command: String(command), managerPid, managerStartTime }
  } catch {
    return undefined
  }
}

/** 0 and 1 would signal this group and everything. */
function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 1
}
