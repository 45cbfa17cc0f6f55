import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/config-error.ts'
import { loadConfigDocument } from '../../config/load-config.ts'

const texts = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat())

const expectations = z.strictObject({
  prompt_contains: texts.optional().describe('Parts of the filled-in prompt. Needs no answer.'),
  contains: texts.optional().describe('Parts of the answer.'),
  not_contains: texts.optional().describe('What the answer must not have.'),
  regex: texts.optional().describe('Regular expressions that match somewhere in the answer.'),
  json_schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('The answer is JSON, and fits this JSON Schema.'),
  max_cost_usd: z.number().min(0).optional().describe('What the answer may cost at most, in US dollars.'),
  judge: z.string().min(1).optional().describe('A question about the answer that a model says yes or no to.'),
})

const testCase = z.strictObject({
  name: z.string().min(1).describe('What the case shows, as a sentence.'),
  variables: z.record(z.string(), z.unknown()).default({}),
  expect: expectations,
})

/** prompts/<name>/tests.yaml. */
export const promptTests = z.strictObject({ tests: z.array(testCase).min(1) })

export type PromptTestCase = z.output<typeof testCase>

/**
 * Reads the cases of a prompt.
 *
 * @throws {ConfigError} with file and line; `CONFIG_MISSING` when the prompt has no cases.
 */
export function loadPromptTests(root: string, name: string): readonly PromptTestCase[] {
  const file = promptTestsFile(name)
  if (!existsSync(join(root, file)))
    throw new ConfigError([
      {
        code: 'CONFIG_MISSING',
        message: `prompt "${name}" has no cases yet`,
        hint: 'Write them into this file: tests: [{ name, variables, expect: { contains } }].',
        file,
      },
    ])
  return loadConfigDocument({ root, file, schema: promptTests, env: undefined }).value.tests
}

/** Where the cases of a prompt stand, relative to the project. */
export function promptTestsFile(name: string): string {
  return `prompts/${name}/tests.yaml`
}
