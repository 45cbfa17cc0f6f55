import { z } from 'zod'
import { toProjectPath } from '../plan/path.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'

const manifest = z.object({
  name: z.string().optional(),
  packageManager: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
})

/** What generators read of a package.json. */
export type Manifest = z.output<typeof manifest>

/** The package.json of a project; nothing of it when it is missing or no package.json at all. */
export function manifestOf(project: ProjectSnapshot): Manifest {
  try {
    const text = project.files.get(toProjectPath('package.json')) ?? '{}'
    return manifest.parse(JSON.parse(text))
  } catch {
    // Package managers say what is wrong with it better than a generator that wants its name.
    return {}
  }
}
