import type { StepTools } from '../service/builtin-functions.ts'
import { ToolError } from '../tools/errors.ts'

/** A tool in a test: a plain function of its arguments. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the arguments' type is the test's to know
export type FakeTool = (args: any) => unknown

/** Tool servers by name, tools by name. */
export type FakeToolServers = Readonly<Record<string, Readonly<Record<string, FakeTool>>>>

function known<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Tool servers without processes, for tests: what they are asked for and was not given is an error that says so. */
export function fakeTools(servers: FakeToolServers): StepTools {
  return {
    client(name) {
      const server = known(servers, name)
      if (server === undefined)
        throw new ToolError('TOOL_UNKNOWN_SERVER', `The test has no tool server named "${name}".`, {
          hint: `Give it: createTestEngine({ tools: { ${JSON.stringify(name)}: { … } } })`,
        })
      return {
        call: async (toolName, args) => {
          const tool = known(server, toolName)
          if (tool === undefined)
            throw new ToolError(
              'TOOL_UNKNOWN_TOOL',
              `The test's server "${name}" has no tool "${toolName}".`,
              {
                hint: `Give it: tools: { ${JSON.stringify(name)}: { ${toolName}: async (args) => … } }`,
              },
            )
          return tool(args)
        },
        list: async () =>
          Object.keys(server).map((toolName) => ({
            name: toolName,
            inputSchema: { type: 'object' } as const,
          })),
      }
    },
  }
}
