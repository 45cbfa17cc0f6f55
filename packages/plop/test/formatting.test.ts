import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { check, format } from 'prettier'
import { loadContext } from '../src/context.ts'
import { planAgent } from '../src/generators/agent.ts'
import { planFunction } from '../src/generators/function.ts'
import { planPrompt } from '../src/generators/prompt.ts'
import { planTool } from '../src/generators/tool.ts'
import { planToolServer } from '../src/generators/tool-server.ts'
import { planWorkflow } from '../src/generators/workflow.ts'
import type { FilePlan } from '../src/plan/plan.ts'
import { sequence } from '../src/plan/draft.ts'
import { snapshotOf } from '../src/plan/snapshot.ts'

const context = loadContext()
const word = fc.stringMatching(/^[a-z]{2,9}$/)
const name = fc
  .array(word, { minLength: 1, maxLength: 7 })
  .map((words) => `x${words.join('-')}`)
  .filter((text) => text.length <= 36)

/** Events are one or two words: their names stand in the middle of lines. */
const event = fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => `x${words.join('-')}`)

/** The first file that prettier would write differently, beside what it would write. */
async function unformatted(plan: FilePlan): Promise<unknown> {
  for (const change of plan.changes) {
    if (change.path === '.env.example') continue
    const content = change.kind === 'create' ? change.content : change.kind === 'update' ? change.after : ''
    const options = { filepath: change.path }
    if (!(await check(content, options)))
      return { path: change.path, content, formatted: await format(content, options) }
  }
  return undefined
}

const everything = (text: string, other: string, event: string) =>
  sequence(snapshotOf(), 'test', [
    (project) => planFunction({ name: text }, project, context),
    (project) => planWorkflow({ name: text }, project, context),
    (project) => planToolServer({ name: text, tools: 'web_search,calculate' }, project, context),
    (project) =>
      planTool({ server: text, name: other, input: 'query:string many:string[]?' }, project, context),
    (project) => planPrompt({ name: other }, project, context),
    (project) =>
      planAgent(
        { name: `${text}-one`.slice(0, 60), withLlm: true, tools: text, prompt: other },
        project,
        context,
      ),
    (project) =>
      planAgent(
        { name: `${text}-two`.slice(0, 60), events: [event, 'another'], prompt: other },
        project,
        context,
      ),
    (project) => planAgent({ name: `${text}-six`.slice(0, 60), tools: text }, project, context),
  ])

describe('generated code', () => {
  it('is formatted as prettier would, at any length of its names up to 36 characters', async () => {
    await fc.assert(
      fc.asyncProperty(name, name, event, async (text, other, event) => {
        fc.pre(text !== other)
        expect(await unformatted(everything(text, other, event))).toBeUndefined()
      }),
      { numRuns: 15, endOnFailure: true },
    )
  })
})
