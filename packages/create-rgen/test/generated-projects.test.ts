// What is generated must hold for its users: type-checked, linted and tested with the tools and settings of the
// generated project itself, offline. The packages come from this repository; the demo does the same with packed ones.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'
import { applyPlan, generators, loadContext, planProject, readProject, type ProjectRequest } from '@rgen/plop'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const workplace = mkdtempSync(join(tmpdir(), 'rgen-projects-'))
afterAll(() => rmSync(workplace, { recursive: true, force: true }))

const context = loadContext()
/** Where the packages come from that a project's package.json names. */
const packages: Record<string, string> = {
  ...Object.fromEntries(
    [
      '@modelcontextprotocol/client',
      '@modelcontextprotocol/server',
      '@rgen/runtime',
      'esbuild',
      'oxlint',
      'tsx',
      'zod',
    ].map((name) => [name, join(root, 'packages/create-rgen/node_modules', name)]),
  ),
  '@jest/globals': join(root, 'node_modules/@jest/globals'),
  '@types/node': join(root, 'node_modules/@types/node'),
  jest: join(root, 'node_modules/jest'),
  typescript: join(root, 'node_modules/typescript7'),
}

async function make(request: ProjectRequest, requests: readonly [string, Record<string, unknown>][] = []) {
  const folder = join(workplace, request.name)
  mkdirSync(folder)
  await applyPlan(planProject(request, context), folder)
  for (const [name, answers] of requests) {
    const generator = generators.find((one) => one.name === name)!
    await applyPlan(generator.plan(answers, await readProject(folder), context), folder)
  }
  for (const [name, target] of Object.entries(packages)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
  return folder
}

/** Runs a file of the project's node_modules, with a world that holds no key. @throws with the output when it fails. */
function run(folder: string, file: string, ...args: string[]): string {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' }
  const options = { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' } as const
  try {
    const flags = file.startsWith('jest/') ? ['--experimental-vm-modules'] : []
    return execFileSync(process.execPath, [...flags, join('node_modules', file), ...args], options)
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${file} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

function holds(folder: string): void {
  run(folder, 'typescript/bin/tsc', '--noEmit')
  expect(run(folder, 'oxlint/bin/oxlint')).toContain('Found 0 warnings and 0 errors')
  run(folder, 'jest/bin/jest.js', '--no-cache')
}

describe('a generated project type-checks, lints and passes its own tests', () => {
  it.each(['empty', 'agent', 'pipeline'] as const)(
    'when it starts with %s',
    async (start) => {
      holds(await make({ name: start, start }))
    },
    600_000,
  )

  it('when every generator has been used in it', async () => {
    const folder = await make({ name: 'everything', start: 'agent-with-tools' }, [
      ['tool-server', { name: 'Orders', tools: 'find_orders,calculate', transport: 'http' }],
      ['tool', { server: 'Research', name: 'look-up', input: 'word:string many:integer[]? since:date' }],
      ['prompt', { name: 'summarize' }],
      ['prompt', { name: 'summarize', version: '1.1.0', from: '1.0.0' }],
      ['agent', { name: 'Concierge', events: 'message,end' }],
      ['agent', { name: 'Host', tools: 'orders', prompt: 'summarize', events: 'message,orderPlaced' }],
      ['agent', { name: 'Helper', withLlm: true, events: 'message' }],
      ['agent', { name: 'Clerk', tools: 'orders' }],
      ['agent', { name: 'Finder', tools: 'research' }],
      ['agent', { name: 'Analyst', tools: 'research,orders', withLlm: true }],
      ['function', { name: 'SendEmail' }],
      ['workflow', { name: 'EmailCampaign' }],
      ['pipeline', { name: 'Blog', operators: 'IDEATE ⇄ OUTLINE → DRAFT ⇄ REVIEW → PUBLISH →? PROMOTE' }],
      [
        'pipeline',
        {
          name: 'Intake',
          operators: 'FETCH -> (PROCESS || DELETE) ->? (SendEmail, agent:Refuse)',
          style: 'functions',
        },
      ],
      ['pipeline', { name: 'Split', operators: 'DRAFT -> REVIEW', models: 'split' }],
    ])
    holds(folder)
  }, 600_000)
})
