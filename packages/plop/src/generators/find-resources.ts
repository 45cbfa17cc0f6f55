import { nameKey, nearest } from '@rgen/grammar'
import { GenerateError } from '../errors.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { promptsOf, toolServersOf, type ProjectPrompt, type ProjectToolServer } from '../resources.ts'

/**
 * The tool servers of these names.
 *
 * @throws {GenerateError} `GEN_UNKNOWN_RESOURCE` for one that config/tools.yaml does not name.
 */
export function findToolServers(
  names: readonly string[],
  project: ProjectSnapshot,
): readonly ProjectToolServer[] {
  const known = toolServersOf(project)
  return names.map((name) => {
    const key = serverKey(name)
    const found =
      known.find((server) => server.name === name) ?? known.find((one) => serverKey(one.name) === key)
    return found ?? unknown('tool server', name, known, `rgen g tool-server ${name}`)
  })
}

/** The prompt of this name. @throws {GenerateError} `GEN_UNKNOWN_RESOURCE` */
export function findPrompt(name: string, project: ProjectSnapshot): ProjectPrompt {
  const known = promptsOf(project)
  const found =
    known.find((one) => one.name === name) ?? known.find((one) => nameKey(one.name) === nameKey(name))
  return found ?? unknown('prompt', name, known, `rgen g prompt ${name}`)
}

/** `research`, `ResearchTools` and `research_tools` are one server. */
function serverKey(name: string): string {
  return nameKey(name.replace(/[-_]?(?:tools?|tool[-_]?server|server|Tools?|ToolServer|Server)$/, '') || name)
}

function unknown(kind: string, name: string, known: readonly { name: string }[], command: string): never {
  const names = known.map((one) => one.name)
  const has = names.length === 0 ? `The project has no ${kind} yet` : `The project has ${names.join(', ')}`
  const meant = nearest(name, names)
  const question = meant?.close === true ? `Did you mean ${meant.name}? ` : ''
  throw new GenerateError('GEN_UNKNOWN_RESOURCE', `There is no ${kind} ${JSON.stringify(name)}.`, {
    hint: `${question}${has}. Make it first: ${command}`,
  })
}
