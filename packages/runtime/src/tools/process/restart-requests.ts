// How `rgen tools restart` reaches the service: through a file beside the pid files, taken away when it is read.
import { existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pidFolder } from './pid-files.ts'

const suffix = '.restart'
const pollMs = 20

/** Calls back for each request until the answer is called. Never keeps the process alive. */
export function watchRestartRequests(root: string, onRequest: (server: string) => void): () => void {
  const folder = join(root, pidFolder)
  try {
    mkdirSync(folder, { recursive: true })
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (!name?.endsWith(suffix) || !existsSync(join(folder, name))) return
      rmSync(join(folder, name), { force: true })
      onRequest(name.slice(0, -suffix.length))
    })
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    // A project that cannot be written to is restarted as a whole.
    return () => undefined
  }
}

/** Asks the running service to restart a server. Answers whether a service has taken the request. */
export async function requestRestart(root: string, server: string, timeoutMs = 2_000): Promise<boolean> {
  const folder = join(root, pidFolder)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${server}${suffix}`)
  writeFileSync(file, '')
  const deadline = performance.now() + timeoutMs
  while (existsSync(file)) {
    if (performance.now() > deadline) {
      rmSync(file, { force: true })
      return false
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return true
}
