import { relative } from 'node:path'
import type { ReadyMessage } from '@rgen/runtime/service'
import type { Output } from '../io.ts'

/** What `rgen dev` says when the service takes work: where everything is, and what to try. */
export function printReady(
  ready: ReadyMessage,
  project: { readonly root: string; readonly startedInMs: number },
  { style }: Output,
): string {
  const rows: [string, string][] = [
    ['engine', printEngine(ready.engine, project.root)],
    ['queue', ready.taskQueue],
    ...list('agents', ready.agents),
    ...list('workflows', ready.workflows),
    ...list('functions', ready.functions),
    ...ready.toolServers.map(
      (server, index) => [index === 0 ? 'tools' : '', printToolServer(server, style)] as [string, string],
    ),
    ['llm', printProviders(ready.llm.providers, style)],
    ...(ready.http ? list('http', [style.cyan(ready.http.url)]) : []),
    ...(ready.http?.mcpUrl ? list('mcp', [style.cyan(ready.http.mcpUrl)]) : []),
  ]
  const heading = `${style.green('✓')} ${style.bold('Ready')} ${style.dim(`in ${Math.round(project.startedInMs)} ms`)}`
  return `\n  ${heading}\n${rows.map(([name, value]) => `    ${style.dim(name.padEnd(10))} ${value}\n`).join('')}\n`
}

function printEngine({ driver, place }: ReadyMessage['engine'], root: string): string {
  return driver === 'temporal' ? `Temporal at ${place}` : shortPath(root, place)
}

function list(name: string, names: readonly string[]): [string, string][] {
  return names.length === 0 ? [] : [[name, names.join(', ')]]
}

function printToolServer(server: ReadyMessage['toolServers'][number], style: Output['style']): string {
  const tools = server.tools === 1 ? '1 tool' : `${server.tools} tools`
  if (server.error) return `${style.red('✗')} ${server.name} ${server.state}: ${server.error}`
  return server.tools > 0
    ? `${style.green('✓')} ${server.name} ${style.dim(tools)}`
    : `${style.dim('·')} ${server.name} ${style.dim(server.state)}`
}

function printProviders(providers: readonly string[], style: Output['style']): string {
  const onlyMock = providers.every((provider) => /^mock\b/.test(provider))
  return onlyMock
    ? `mock ${style.dim('(no key is set: it answers from what it is given)')}`
    : providers.join(', ')
}

/** Paths inside the project are shown from its root. */
function shortPath(root: string, path: string): string {
  const inside = relative(root, path)
  return inside === '' || inside.startsWith('..') ? path : inside
}
