import { addExports } from '../edit/index-file.ts'
import type { ResourceName } from '../name.ts'
import type { Draft } from '../plan/draft.ts'
import { toProjectPath } from '../plan/path.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import type { ResourceKind } from '../resources.ts'

/** A resource as the index of its folder names it. */
export interface IndexedResource extends Pick<ResourceName, 'exported' | 'kebab'> {
  readonly kind: ResourceKind
}

/** The folder's index with more exports: that is all it takes to register resources. */
export function indexDraft(
  kind: ResourceKind,
  resources: readonly Pick<ResourceName, 'exported' | 'kebab'>[],
  project: ProjectSnapshot,
): Draft {
  const path = toProjectPath(`src/${kind}s/index.ts`)
  const existing = project.files.get(path) ?? emptyIndex(kind)
  const entries = resources.map(({ exported, kebab }) => ({ exportName: exported, from: `./${kebab}.ts` }))
  return { path, content: addExports(existing, entries, path), ownership: 'merged' }
}

/** An index that exports nothing yet. */
export function emptyIndex(kind: ResourceKind): string {
  return `// The service registers every ${kind} that this file exports.\n`
}

/** A draft of a file that is the user's to edit. */
export function wholeFile(path: string, content: string): Draft {
  return { path: toProjectPath(path), content, ownership: 'whole' }
}
