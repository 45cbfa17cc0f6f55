import type { CommandEntry } from './command.ts'

// One row a command, in the order of help. `load` is the only import of the command's file: `rgen --help` and
// `rgen --version` load none of them, and each command only itself.
export const commands: readonly CommandEntry[] = [
  {
    name: 'doctor',
    summary: 'Tell whether the project is in order, and how to repair it',
    group: 'Check',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
]
