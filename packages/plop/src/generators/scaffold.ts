import { exportName, fileName, pascalCase, withoutSuffix, words, type Resource } from '@rgen/grammar'
import type { GeneratorContext } from '../context.ts'
import { checkScaffoldName, hidesAGlobal } from '../name.ts'
import type { Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { IndexedResource } from './resource-drafts.ts'

// Steps that a pipeline names and the project does not have yet: working pass-throughs, to be given their work.

/**
 * What a missing step will be. `FETCH` as a function would hide the global of that name in its own code, and `DELETE`
 * is no name at all, so these carry the suffix of their kind, which means the same in an expression.
 */
export function scaffoldResource({ name, kind }: Resource): Resource {
  checkScaffoldName(name, kind)
  const plain = exportName(name, kind)
  const exported = kind === 'function' && hidesAGlobal(plain) ? `${plain}Function` : plain
  return { name: exported, kind, exportName: exported, file: `${kind}s/${fileName(name, kind)}.ts` }
}

/** The file of a missing step, and its line for the index. */
export function scaffoldDrafts(
  { kind, name }: Resource,
  command: string,
  context: GeneratorContext,
): { readonly draft: Draft; readonly entry: IndexedResource } {
  const stem = withoutSuffix(name, kind)
  const kebab = fileName(name, kind)
  const content = context.render('pipeline/step.ts', {
    kind,
    exported: name,
    pascal: pascalCase(stem),
    words: words(stem).join(' '),
    header: headerOf(command, context.version, 'slashes'),
  })
  return {
    draft: { path: toProjectPath(`src/${kind}s/${kebab}.ts`), content, ownership: 'once' },
    entry: { kind, exported: name, kebab },
  }
}
