import { relative, sep } from 'node:path'
import { watch } from 'chokidar'

/** What a running service is made of. Everything else of a project may change without a restart. */
const watched = ['src', 'server', 'config', 'prompts', '.env']

/** Editors write a file in several steps, and git several files at once. */
const settleMs = 120

export interface ProjectWatcher {
  /** The paths of the next burst of changes, from the root. The same promise until it is answered. */
  next(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Watches the sources of a project's service. Answers once it sees every change. */
export async function watchProject(root: string): Promise<ProjectWatcher> {
  // The root itself is watched, so that a folder or an .env that does not exist yet is seen when it comes.
  const watcher = watch(root, {
    ignoreInitial: true,
    ignored: (path) => {
      const [top = ''] = relative(root, path).split(sep)
      return top !== '' && !watched.includes(top)
    },
  })
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let burst = openBurst()
  watcher.on('all', (_event, path) => {
    changed.add(relative(root, path).split(sep).join('/'))
    clearTimeout(timer)
    timer = setTimeout(() => {
      burst.resolve([...changed].filter((name) => name !== '').sort())
      changed.clear()
    }, settleMs)
  })
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    async next() {
      const current = burst
      const paths = await current.promise
      if (burst === current) burst = openBurst()
      return paths
    },
    async close() {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

interface Burst {
  readonly promise: Promise<readonly string[]>
  readonly resolve: (paths: readonly string[]) => void
}

function openBurst(): Burst {
  let resolve!: Burst['resolve']
  const promise = new Promise<readonly string[]>((settle) => (resolve = settle))
  return { promise, resolve }
}
