import { generators } from '@rgen/plop'
import type { CommandGroup } from '../command.ts'
import { generateCommand } from '../generate/generate-command.ts'

export const command: CommandGroup = {
  description:
    'Generates a part of the project, with its test, and registers it. Nothing is written before the whole plan is known to fit; --dry-run shows it.',
  commands: generators.map((generator) => ({
    name: generator.name,
    summary: generator.summary,
    group: 'Generators',
    load: async () => generateCommand(generator),
  })),
  examples: [
    {
      command: 'rgen g agent Research --with-llm',
      note: 'An agent that asks a language model, and its test.',
    },
    { command: 'rgen g pipeline Blog --operators "DRAFT → REVIEW → PUBLISH"', note: 'Three steps in order.' },
    { command: 'rgen g agent Research --dry-run=diff', note: 'Show every line before anything is written.' },
  ],
}
