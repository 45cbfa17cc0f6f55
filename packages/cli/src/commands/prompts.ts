import type { CommandGroup } from '../command.ts'

export const command: CommandGroup = {
  description: 'Looks after the prompts of the project: config/prompts.yaml and the files in prompts/.',
  commands: [
    {
      name: 'list',
      summary: 'List prompts, their versions and labels',
      load: async () => (await import('./prompts/list.ts')).command,
    },
    {
      name: 'show',
      summary: 'Show the version that a request means',
      load: async () => (await import('./prompts/show.ts')).command,
    },
    {
      name: 'diff',
      summary: 'Compare two versions',
      load: async () => (await import('./prompts/diff.ts')).command,
    },
    {
      name: 'bump',
      summary: 'Copy a version to a new one',
      load: async () => (await import('./prompts/bump.ts')).command,
    },
    {
      name: 'lint',
      summary: 'Look for mistakes',
      load: async () => (await import('./prompts/lint.ts')).command,
    },
    {
      name: 'types',
      summary: 'Write the types of prompts and their variables',
      load: async () => (await import('./prompts/types.ts')).command,
    },
    {
      name: 'test',
      summary: 'Try a prompt against its cases',
      load: async () => (await import('./prompts/test.ts')).command,
    },
    {
      name: 'lock',
      summary: 'Hold released versions fast',
      load: async () => (await import('./prompts/lock.ts')).command,
    },
  ],
  examples: [
    { command: 'rgen g prompt analyze-research --version 1.0.0', note: 'Make a new prompt.' },
    { command: 'rgen prompts list', note: 'See what there is.' },
    { command: 'rgen prompts bump analyze-research --minor', note: 'Change it in a new version.' },
  ],
}
