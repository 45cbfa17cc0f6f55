import { collect } from './ask/question.ts'
import { questionsOf } from './ask/generator-questions.ts'
import { askConflict, askOnTerminal } from './ask/inquirer.ts'
import { loadContext } from './context.ts'
import { generators } from './generators/table.ts'
import { applyPlan } from './plan/apply.ts'
import { decideConflicts } from './plan/conflicts.ts'
import { renderPreview } from './plan/preview.ts'
import { readProject } from './plan/snapshot.ts'

/** The part of plop's API that a plopfile needs; node-plop is the caller's, so nothing here loads it. */
interface PlopApi {
  readonly setActionType: (
    name: string,
    action: (answers: Record<string, unknown>) => Promise<string>,
  ) => void
  readonly setGenerator: (
    name: string,
    generator: {
      readonly description: string
      readonly prompts: () => Promise<Record<string, unknown>>
      readonly actions: readonly { readonly type: string }[]
    },
  ) => void
  readonly getDestBasePath: () => string
}

/**
 * Makes every generator of rgen a generator of plop: plop asks, rgen plans and applies.
 *
 * @example
 * // plopfile.js
 * export { default } from '@rgen/plop/plopfile'
 */
export default function plopfile(plop: PlopApi): void {
  const root = plop.getDestBasePath()
  for (const generator of generators) {
    const action = `rgen ${generator.name}`
    plop.setActionType(action, async (answers) => {
      const plan = generator.plan(answers, await readProject(root), loadContext())
      const decided = await decideConflicts(plan, 'ask', askConflict)
      await applyPlan(decided, root)
      return `\n${renderPreview(decided, 'minimal')}`
    })
    plop.setGenerator(generator.name, {
      description: generator.summary,
      prompts: async () => ({
        ...(await collect({}, questionsOf(generator.name, await readProject(root)), askOnTerminal)),
      }),
      actions: [{ type: action }],
    })
  }
}
