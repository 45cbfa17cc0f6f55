import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StateStore } from './shared-state.ts'

/** A file that nobody rewrote for so long belongs to a process that is gone; whoever sees it removes it. */
const REMOVE_AFTER_MS = 3_600_000

/** A folder in which each process has a file of its own, replaced by rename: nothing is locked, nothing half-read. */
export class FolderStore implements StateStore {
  readonly #folder: string
  readonly #name = `${process.pid}-${randomUUID().slice(0, 8)}.json`

  constructor(folder: string) {
    this.#folder = folder
  }

  write(text: string): void {
    mkdirSync(this.#folder, { recursive: true })
    const file = join(this.#folder, this.#name)
    writeFileSync(`${file}.tmp`, text)
    renameSync(`${file}.tmp`, file)
  }

  readOthers(): readonly string[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json') && name !== this.#name)
    return names.flatMap((name) => readOne(join(this.#folder, name)))
  }

  close(): void {
    rmSync(join(this.#folder, this.#name), { force: true })
  }
}

function readOne(file: string): string[] {
  try {
    if (Date.now() - statSync(file).mtimeMs < REMOVE_AFTER_MS) return [readFileSync(file, 'utf8')]
    rmSync(file, { force: true })
    return []
  } catch (error) {
    // It may have been removed between listing and reading: its process has ended.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
