import { z } from 'zod'

const prompt = z.strictObject({
  description: z.string().optional().describe('What the prompt is for.'),
  versions: z
    .record(z.string(), z.string().min(1))
    .describe('File of each version, relative to the project: `"1.0.0": prompts/<name>/v1.0.0.md`.'),
  latest: z.string().nullish().describe('The version that is used when none is asked for.'),
  resolution: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['semver', 'exact']))
    .default('semver')
    .describe(
      '`semver`: "1" and "^1.0.0" find the highest match. `exact`: a request is a version as it is written.',
    ),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .describe('Names for versions that move without a change of code: `production: "1.0.0"`.'),
})

const experiment = z.strictObject({
  salt: z.string().min(1).describe('Change it to deal the arms anew.'),
  weights: z
    .record(z.string(), z.number().min(0))
    .describe('How much of the traffic each version gets, relative to the others: `"1.0.0": 80`.'),
  key: z
    .string()
    .min(1)
    .default('agentId')
    .describe('What decides the arm: the same key always gets the same version.'),
})

/** config/prompts.yaml. */
export const promptsConfig = z.strictObject({
  prompts: z.record(z.string().min(1), prompt).nullish().describe('All prompts, by name.'),
  experiments: z
    .record(z.string(), experiment)
    .nullish()
    .describe('By prompt: which versions are compared, on what share of the traffic.'),
})

export type PromptEntry = z.output<typeof prompt>
export type PromptExperiment = z.output<typeof experiment>

/** Values that are versions, to be taken as they are written: `latest: 1.10` is not the number 1.1. */
export const verbatimVersions: readonly string[] = ['prompts.*.latest', 'prompts.*.labels.*']
