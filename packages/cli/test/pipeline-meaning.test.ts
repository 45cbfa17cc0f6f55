import { afterAll, describe, expect, it } from '@jest/globals'
import { parse } from '@rgen/grammar'
import type { Resource } from '@rgen/grammar'
import { deviation } from '@rgen/runtime/testing'
import fc from 'fast-check'
import { interpret, pipelineFolder, runCompiled } from './compiled-pipeline.fixture.ts'

// What compiled code does, compared with a small interpreter of the tree: for random pipelines, both must run the
// same steps in the same order and end with the same token.

const { folder, remove } = pipelineFolder()
afterAll(remove)

const NAMES = ['A', 'B', 'C', 'D', 'E'] as const
const KINDS = ['agent', 'workflow', 'function'] as const
/** The flags that default rules look at. */
const FLAGS = ['done', 'a', 'b', 'c', 'd', 'e']

const operators = (depth: number): fc.Arbitrary<string> => {
  const name = fc.constantFrom(...NAMES)
  if (depth === 0) return name
  const part = fc.oneof(
    name,
    operators(depth - 1).map((text) => `(${text})`),
  )
  const pair = fc.tuple(operators(depth - 1), operators(depth - 1)).map(([a, b]) => `(${a}, ${b})`)
  const link = fc.oneof(
    part.map((text) => ` → ${text}`),
    part.map((text) => ` ⇄ ${text}`),
    part.map((text) => ` ⊕ ${text}`),
    part.map((text) => ` →? ${text}`),
    pair.map((text) => ` →? ${text} → A`),
  )
  return fc
    .tuple(part, fc.array(link, { minLength: 1, maxLength: 3 }))
    .map(([first, rest]) => first + rest.join(''))
}

const pipelines = fc.record({
  text: operators(2),
  kinds: fc.tuple(...NAMES.map(() => fc.constantFrom(...KINDS))),
  answers: fc.tuple(
    ...NAMES.map((name) =>
      fc.oneof(
        fc
          .subarray(FLAGS)
          .map((flags): unknown =>
            Object.fromEntries([...flags.map((flag) => [flag, true]), [`by${name}`, 1]]),
          ),
        fc.constantFrom<unknown>('text', 7, null, ['list']),
      ),
    ),
  ),
})

describe('compiled pipelines', () => {
  it('run as the operators mean it', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async ({ text, kinds, answers }) => {
        const tree = parse(text)
        const resources = NAMES.map((name, index): Resource => ({ name, kind: kinds[index]! }))
        const byName = new Map<string, unknown>(NAMES.map((name, index) => [name, answers[index]]))
        const answerOf = (step: string): unknown => byName.get(step)
        const token = { topic: 'tea' }
        const expected = interpret(tree, { result: {}, token, order: [] }, answerOf)

        const ran = await runCompiled(tree, resources, { folder, token, answerOf })
        expect(deviation(ran.trace, expected.order)).toBeUndefined()
        expect(ran.token).toEqual(expected.token)
      }),
      { numRuns: Number(process.env['RGEN_PIPELINES'] ?? 40) },
    )
  })
})
