import type { Check } from '@rgen/runtime'
import { defineCommand } from '../command.ts'
import { checkConfiguration } from '../doctor/configuration.ts'
import { checkEngine } from '../doctor/engine.ts'
import { checkGit } from '../doctor/git.ts'
import { checkImports } from '../doctor/imports.ts'
import { checkLlmRouter } from '../doctor/llm-router.ts'
import { checkNode } from '../doctor/node.ts'
import { checkPackages } from '../doctor/packages.ts'
import { printChecks } from '../doctor/print-checks.ts'
import { checkToolServers } from '../doctor/tool-servers.ts'
import { checkWriteAccess } from '../doctor/write-access.ts'
import { findProject, projectEnv, type Project } from '../project.ts'

export const command = defineCommand({
  description:
    'Tells whether the project is in order, and how to repair what is not: Node, packages, configuration, imports, write access, git, the engine, and whether its tool servers start. Changes nothing, and calls nobody over the network unless told to. Ends with 1 when a check failed; warnings do not count.',
  options: {
    checkLlm: { type: 'boolean', description: 'Call each LLM provider once.' },
    checkTools: { type: 'boolean', description: 'Call the tool servers that run elsewhere, too.' },
    checkPrompts: {
      type: 'boolean',
      description:
        'Look at every prompt: files, versions, labels, what is locked, what is probably not meant.',
    },
    verbose: { type: 'boolean', description: 'Show what was found in full, also where all is well.' },
    json: { type: 'boolean', description: 'Print { ok, checks } as JSON.' },
  },
  examples: [
    { command: 'rgen doctor', note: 'Everything that can be checked without a network.' },
    {
      command: 'rgen doctor --check-llm --check-tools --check-prompts',
      note: 'And every provider, tool server and prompt.',
    },
    { command: 'rgen doctor --json', note: 'For a script: exit code 1 when a check failed.' },
  ],
  async run({ options, io }) {
    const project = findProject(io.cwd)
    const env = projectEnv(project.root, io.env)
    const checks = [...(await checkProject(project, env)), ...(await checkParts(project.root, env, options))]
    const failed = checks.some(({ status }) => status === 'fail')
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: !failed, checks }, null, 2)}\n`)
    else io.stdout.write(printChecks(checks, io.stdout, options.verbose))
    return failed ? 1 : 0
  },
})

type Environment = Readonly<Record<string, string | undefined>>

/** What every project must have. The checks run beside each other; the report has this order. */
async function checkProject(project: Project, env: Environment): Promise<readonly Check[]> {
  const { root } = project
  const [configuration, imports, git, engine] = await Promise.all([
    checkConfiguration(root, env),
    checkImports(root),
    checkGit(root),
    checkEngine(root, env),
  ])
  return [
    checkNode(process.version),
    ...checkPackages(project),
    ...configuration,
    ...imports,
    checkWriteAccess(root),
    git,
    engine,
  ]
}

/** What the parts of the runtime know of themselves. */
async function checkParts(
  root: string,
  env: Environment,
  options: { readonly checkLlm: boolean; readonly checkTools: boolean; readonly checkPrompts: boolean },
): Promise<readonly Check[]> {
  const { checkPrompts } = await import('@rgen/runtime/prompts')
  const tools = await checkToolServers(root, env, options.checkTools ? 'all' : 'own')
  const prompts = await checkPrompts(root)
  const llm = await checkLlmRouter(root, env, options.checkLlm)
  return [...llm, ...tools, ...prompts.filter(({ status }) => options.checkPrompts || status === 'fail')]
}
