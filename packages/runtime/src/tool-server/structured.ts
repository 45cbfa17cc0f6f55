import type { CallToolResult } from '@modelcontextprotocol/server'

/**
 * The result of a tool that has an output schema: the value itself for programs, and the same value as JSON text
 * for hosts that show text only.
 *
 * @example server.registerTool('calculate', { … }, ({ expression }) => structured({ value: calculate(expression) }))
 */
export function structured(value: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value }
}
