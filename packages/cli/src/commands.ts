import type { CommandEntry } from './command.ts'

// One row a command, in the order of help. `load` is the only import of the command's file: `rgen --help` and
// `rgen --version` load none of them, and each command only itself.
export const commands: readonly CommandEntry[] = [
  {
    name: 'dev',
    summary: 'Start the project, and again after each change',
    group: 'Run',
    load: async () => (await import('./commands/dev.ts')).command,
  },
  {
    name: 'start',
    summary: 'Start the project once, for production',
    group: 'Run',
    load: async () => (await import('./commands/start.ts')).command,
  },
  {
    name: 'doctor',
    summary: 'Tell whether the project is in order, and how to repair it',
    group: 'Check',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
]
