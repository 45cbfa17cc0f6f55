import type { CommandEntry } from './command.ts'

// One row a command, in the order of help. `load` is the only import of the command's file: `rgen --help` and
// `rgen --version` load none of them, and each command only itself.
export const commands: readonly CommandEntry[] = [
  {
    name: 'g',
    aliases: ['generate'],
    summary: 'Generate an agent, a pipeline, a tool server … and its test',
    group: 'Create',
    load: async () => (await import('./commands/generate.ts')).command,
  },
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
    name: 'run',
    summary: 'Run an agent or a workflow, and wait for its result',
    group: 'Run',
    load: async () => (await import('./commands/run.ts')).command,
  },
  {
    name: 'event',
    summary: 'Send an event to a run, and print the answer',
    group: 'Run',
    load: async () => (await import('./commands/event.ts')).command,
  },
  {
    name: 'result',
    summary: 'Print the result of a run',
    group: 'Run',
    load: async () => (await import('./commands/result.ts')).command,
  },
  {
    name: 'cancel',
    summary: 'Ask a run to end',
    group: 'Run',
    load: async () => (await import('./commands/cancel.ts')).command,
  },
  {
    name: 'terminate',
    summary: 'End a run at once',
    group: 'Run',
    load: async () => (await import('./commands/terminate.ts')).command,
  },
  {
    name: 'list',
    summary: 'List runs',
    group: 'Look',
    load: async () => (await import('./commands/list.ts')).command,
  },
  {
    name: 'describe',
    summary: 'Tell where a run stands',
    group: 'Look',
    load: async () => (await import('./commands/describe.ts')).command,
  },
  {
    name: 'history',
    summary: 'Show what happened in a run',
    group: 'Look',
    load: async () => (await import('./commands/history.ts')).command,
  },
  {
    name: 'replay',
    summary: "Run a recorded history against today's code",
    group: 'Look',
    load: async () => (await import('./commands/replay.ts')).command,
  },
  {
    name: 'fork',
    summary: 'Start a new run from the beginning of an old one',
    group: 'Look',
    load: async () => (await import('./commands/fork.ts')).command,
  },
  {
    name: 'state',
    summary: 'Print a state of a run',
    group: 'Look',
    load: async () => (await import('./commands/state.ts')).command,
  },
  {
    name: 'graph',
    summary: 'Draw a pipeline',
    group: 'Look',
    load: async () => (await import('./commands/graph.ts')).command,
  },
  {
    name: 'tools',
    summary: 'List, run, approve and type the tools of the tool servers',
    group: 'Look',
    load: async () => (await import('./commands/tools.ts')).command,
  },
  {
    name: 'test:tools',
    summary: 'Try every tool server: health, tools, one call',
    group: 'Check',
    load: async () => (await import('./commands/test-tools.ts')).command,
  },
  {
    name: 'engine',
    summary: 'Move the work of the embedded engine to Temporal',
    group: 'Run',
    load: async () => (await import('./commands/engine.ts')).command,
  },
  {
    name: 'prompts',
    summary: 'List, compare, bump, check and test prompts',
    group: 'Check',
    load: async () => (await import('./commands/prompts.ts')).command,
  },
  {
    name: 'test:llm',
    summary: 'Call each LLM provider once, or say what that would cost',
    group: 'Check',
    load: async () => (await import('./commands/test-llm.ts')).command,
  },
  {
    name: 'settings',
    summary: 'Show the settings that hold, and where each comes from',
    group: 'Check',
    load: async () => (await import('./commands/settings.ts')).command,
  },
  {
    name: 'doctor',
    summary: 'Tell whether the project is in order, and how to repair it',
    group: 'Check',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
]
