import type { Check } from '@rgen/runtime'
import { defineCommand } from '../command.ts'
import { checkConfiguration } from '../doctor/configuration.ts'
import { checkEngine } from '../doctor/engine.ts'
import { checkGit } from '../doctor/git.ts'
import { checkImports } from '../doctor/imports.ts'
import { checkNode } from '../doctor/node.ts'
import { checkPackages } from '../doctor/packages.ts'
import { printChecks } from '../doctor/print-checks.ts'
import { checkWriteAccess } from '../doctor/write-access.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Tells whether the project is in order, and how to repair what is not: Node, packages, configuration, imports, write access, git, the engine. Changes nothing. Ends with 1 when a check failed; warnings do not count.',
  options: {
    checkTools: {
      type: 'boolean',
      description: 'Also start each tool server, list its tools and call one.',
    },
    verbose: { type: 'boolean', description: 'Show details of what is in order too.' },
    json: { type: 'boolean', description: 'Print the findings as JSON.' },
  },
  examples: [
    { command: 'rgen doctor', note: 'Everything that can be checked without a network.' },
    { command: 'rgen doctor --check-tools', note: 'Also start every tool server and try it.' },
    { command: 'rgen doctor --json', note: 'For a script: exit code 1 when a check failed.' },
  ],
  async run({ options, io }) {
    const project = findProject(io.cwd)
    const { root } = project
    const env = projectEnv(root, io.env)
    // They run beside each other; the order of the report is this one.
    const [configuration, imports, git, engine, tools] = await Promise.all([
      checkConfiguration(root, env),
      checkImports(root),
      checkGit(root),
      checkEngine(root, env),
      options.checkTools ? checkToolServers(root, env) : [],
    ])
    const checks: readonly Check[] = [
      checkNode(process.version),
      ...checkPackages(project),
      ...configuration,
      ...imports,
      checkWriteAccess(root),
      git,
      engine,
      ...tools,
    ]
    const failed = checks.some(({ status }) => status === 'fail')
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: !failed, checks }, null, 2)}\n`)
    else io.stdout.write(printChecks(checks, io.stdout))
    return failed ? 1 : 0
  },
})

/** Loaded when it is asked for: it brings the whole client side of MCP. */
async function checkToolServers(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Check[]> {
  const { checkTools } = await import('@rgen/runtime/tools')
  return checkTools(root, { env })
}
