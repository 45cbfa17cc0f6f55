import { addExport } from '../edit/index-file.ts'
import type { ResourceName } from '../name.ts'
import type { Draft } from '../plan/draft.ts'
import { toProjectPath } from '../plan/path.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import type { ResourceKind } from '../resources.ts'

/** The folder's index with one more export: that is all it takes to register a resource. */
export function indexDraft(
  kind: ResourceKind,
  name: Pick<ResourceName, 'exported' | 'kebab'>,
  project: ProjectSnapshot,
): Draft {
  const path = toProjectPath(`src/${kind}s/index.ts`)
  const existing = project.files.get(path) ?? emptyIndex(kind)
  const content = addExport(existing, { exportName: name.exported, from: `./${name.kebab}.ts` }, path)
  return { path, content, ownership: 'merged' }
}

/** An index that exports nothing yet. */
export function emptyIndex(kind: ResourceKind): string {
  return `// The service registers every ${kind} that this file exports.\nexport {};\n`
}

/** A draft of a file that is the user's to edit. */
export function wholeFile(path: string, content: string): Draft {
  return { path: toProjectPath(path), content, ownership: 'whole' }
}
