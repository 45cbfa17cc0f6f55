import type { CommandGroup } from '../command.ts'

export const command: CommandGroup = {
  description: 'Looks after where runs are kept.',
  commands: [
    {
      name: 'move',
      summary: 'Move schedules, runs and undelivered events to Temporal',
      load: async () => (await import('./engine/move.ts')).command,
    },
  ],
  examples: [
    {
      command: 'rgen engine move --to temporal --address temporal:7233',
      note: 'Drain the embedded engine onto Temporal.',
    },
  ],
}
