// tools.lock: which tools a person has seen. A server that later describes a tool otherwise may be trying to lead a
// model astray (a "rug pull"), so the tool is blocked until someone has looked.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ToolLog } from './ports.ts'
import { canonical } from './tool-description.ts'

/** The file, in the project's folder; it belongs under version control. */
export const lockFile = 'tools.lock'

type Fingerprints = Readonly<Record<string, string>>
type LockContent = Readonly<Record<string, Fingerprints>>

/** The lock of one project. */
export class ToolLock {
  readonly #path: string
  readonly #log: ToolLog

  constructor(root: string, log: ToolLog) {
    this.#path = join(root, lockFile)
    this.#log = log
  }

  /**
   * Compares the tools of a server with those that were seen. A new tool is noted; a tool that has changed is
   * answered, and stays as it was noted.
   */
  check(server: string, tools: Fingerprints): ReadonlySet<string> {
    const content = this.#read()
    const seen = Object.hasOwn(content, server) ? (content[server] ?? {}) : {}
    const changed = new Set<string>()
    for (const [name, fingerprint] of Object.entries(tools))
      if (Object.hasOwn(seen, name) && seen[name] !== fingerprint) changed.add(name)
    this.#write({ ...content, [server]: { ...tools, ...seen } }, content)
    return changed
  }

  /** Whether someone has approved the tool as it is now, meanwhile perhaps, in another process. */
  accepts(server: string, tool: string, fingerprint: string): boolean {
    return this.#read()[server]?.[tool] === fingerprint
  }

  /** Notes the tools of a server as they are. Those that are gone are forgotten. */
  approve(server: string, tools: Fingerprints, only?: readonly string[]): void {
    const content = this.#read()
    const seen = content[server] ?? {}
    const next =
      only === undefined
        ? tools
        : { ...seen, ...Object.fromEntries(Object.entries(tools).filter(([name]) => only.includes(name))) }
    this.#write({ ...content, [server]: next }, content)
  }

  #read(): LockContent {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch {
      return {}
    }
    try {
      const { servers } = JSON.parse(text) as { servers?: LockContent }
      return servers ?? {}
    } catch {
      // Taken for empty, all would be trusted again: the tools must be approved by a person.
      throw new Error(
        `${lockFile} is not JSON. Restore it from version control, or delete it to trust all tools anew.`,
      )
    }
  }

  #write(next: LockContent, before: LockContent): void {
    if (canonical(next) === canonical(before)) return
    const sorted = JSON.parse(canonical(next)) as unknown
    const temporary = `${this.#path}.${process.pid}.tmp`
    try {
      writeFileSync(temporary, `${JSON.stringify({ version: 1, servers: sorted }, undefined, 2)}\n`)
      renameSync(temporary, this.#path)
    } catch (error) {
      this.#log.log('warn', `${lockFile} cannot be written; new tools are trusted for this run only.`, {
        error: String(error),
      })
    }
  }
}
