import type { CommandGroup } from '../command.ts'

export const command: CommandGroup = {
  description: 'Runs, shows, calls and approves the tool servers of config/tools.yaml.',
  commands: [
    {
      name: 'list',
      summary: 'Show the tools of each server',
      load: async () => (await import('../tools/list.ts')).command,
    },
    {
      name: 'call',
      summary: 'Call one tool, and print its result',
      load: async () => (await import('../tools/call.ts')).command,
    },
    {
      name: 'serve',
      summary: 'Run a tool server alone, in the foreground',
      load: async () => (await import('../tools/serve.ts')).command,
    },
    {
      name: 'restart',
      summary: 'Have the running service restart a server',
      load: async () => (await import('../tools/restart.ts')).command,
    },
    {
      name: 'approve',
      summary: 'Accept the tools of a server as they are now',
      load: async () => (await import('../tools/approve.ts')).command,
    },
    {
      name: 'sync',
      summary: 'Write the types of all tools, so that calls are checked',
      load: async () => (await import('../tools/sync.ts')).command,
    },
  ],
  examples: [
    { command: 'rgen tools list', note: 'Every tool that agents may call.' },
    {
      command: 'rgen tools serve research --transport http --port 8001',
      note: 'For an inspector or another host.',
    },
  ],
}
