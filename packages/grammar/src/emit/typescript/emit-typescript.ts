import type { Plan } from '../../plan.ts'
import { modelOf } from './model.ts'
import { modelFiles, placementIn } from './models-file.ts'
import type { EmittedFile, EmitTypeScriptOptions } from './options.ts'
import { rulesFile } from './rules-file.ts'
import { testFile } from './test-file.ts'
import { workflowFile } from './workflow-file.ts'

/**
 * Compiles a plan to the files of a workflow: the workflow itself, the user's rules, and a test that runs it.
 *
 * The same plan and options give the same bytes. Reads nothing and writes nothing; files of the user are returned as
 * they are in `existing`, at most with what they lack added.
 *
 * @example
 * const checked = check(parse('DRAFT ⇄ REVIEW → PUBLISH'), project)
 * if (checked.ok) emitTypeScript(checked.plan, { name: 'Blog', defaults }).map((file) => file.path)
 * // ['src/workflows/blog.ts', 'src/workflows/blog.rules.ts', 'tests/blog.pipeline.test.ts']
 */
export function emitTypeScript(plan: Plan, options: EmitTypeScriptOptions): EmittedFile[] {
  const model = modelOf(plan, options.name)
  const { existing = new Map<string, string>() } = options
  const placement = options.models ?? placementIn(existing, model)
  const settled = { ...options, ...(placement === undefined ? {} : { models: placement }) }
  const user = { placement, withExample: options.omitTests !== true }
  const rulesPath = `src/workflows/${model.file}.rules.ts`
  const rules = rulesFile(model, { ...user, existing: existing.get(rulesPath) })
  const files: EmittedFile[] = [
    { path: `src/workflows/${model.file}.ts`, content: workflowFile(model, settled), owner: 'generated' },
    ...(rules === undefined ? [] : [{ path: rulesPath, content: rules, owner: 'user' as const }]),
    ...modelFiles(model, user, existing),
  ]
  if (options.omitTests !== true) {
    files.push({
      path: `tests/${model.file}.pipeline.test.ts`,
      content: testFile(model, settled),
      owner: 'generated',
    })
  }
  return files
}
