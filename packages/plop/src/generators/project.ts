import type { GeneratorContext } from '../context.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { sequence, settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import { snapshotOf, type ProjectSnapshot } from '../plan/snapshot.ts'
import { checkProjectName } from '../project-name.ts'
import { planAgent } from './agent.ts'
import { planLlmConfig } from './llm-config.ts'
import { commandsOf } from './package-manager.ts'
import { planPipeline } from './pipeline.ts'
import { planPrompt } from './prompt.ts'
import { projectRequest, type ProjectRequest } from './requests.ts'
import { emptyIndex } from './resource-drafts.ts'
import { planToolServer } from './tool-server.ts'

const positional = ['name']

/** Plans a new project: what every project has, and what it begins with, through the generators of `rgen g`. */
export function planProject(request: ProjectRequest, context: GeneratorContext): FilePlan {
  const answers = parseRequest(projectRequest, request)
  const { start, tools } = answers
  const name = checkProjectName(answers.name)
  if (tools.length > 0 && start !== 'agent-with-tools')
    throw new GenerateError(
      'GEN_REQUEST',
      `--tools: a project that starts with ${start} has no tool server.`,
      {
        hint: 'Choose --start agent-with-tools, or leave --tools out.',
      },
    )
  const { run, exec } = commandsOf(answers.packageManager)
  const first = exampleOf(answers).command?.replace(/^rgen /, '')
  const command = commandLine('create-rgen', projectRequest, positional, { ...answers, name })
  const frame = (project: ProjectSnapshot): FilePlan => ({
    command,
    changes: settle(frameDrafts({ ...answers, name, command }, context), project),
    next: [],
  })
  return sequence(
    snapshotOf(),
    command,
    [frame, (project) => planLlmConfig({}, project, context), ...starters(answers, context)],
    [
      ...(first === undefined ? [`${exec} g agent Research --with-llm`] : []),
      `${run} dev`,
      ...(first === undefined ? [] : [`${exec} ${first}    (in a second terminal)`]),
    ],
  )
}

type Answers = ReturnType<typeof projectRequest.parse>
type Starter = (project: ProjectSnapshot) => FilePlan

function starters({ start, tools }: Answers, context: GeneratorContext): readonly Starter[] {
  switch (start) {
    case 'agent':
      return [(project) => planAgent({ name: 'Assistant', withLlm: true }, project, context)]
    case 'agent-with-tools':
      return [
        (project) => planToolServer({ name: 'Research', tools }, project, context),
        (project) => planPrompt({ name: 'analyze-research' }, project, context),
        (project) =>
          planAgent(
            { name: 'Research', withLlm: true, tools: ['research'], prompt: 'analyze-research' },
            project,
            context,
          ),
      ]
    case 'pipeline':
      return [
        (project) =>
          planPipeline(
            { name: 'Blog', operators: 'DRAFT ⇄ REVIEW → PUBLISH', style: 'functions' },
            project,
            context,
          ),
      ]
    case 'empty':
      return []
  }
}

/** What a reader of the new project can try first: what the starter itself says of how to run it. */
function exampleOf({ start, tools }: Answers): { name: string; input: string; command: string | undefined } {
  const topic = '{"topic": "natural selection"}'
  const searches = tools.length === 0 || tools.includes('web_search')
  switch (start) {
    case 'agent':
      return { name: 'Assistant', input: topic, command: `rgen run Assistant '${topic}'` }
    case 'agent-with-tools': {
      const input = searches ? topic : '{"topic": "natural selection", "sources": "the sources"}'
      return { name: 'Research', input, command: `rgen run Research '${input}'` }
    }
    case 'pipeline':
      return { name: 'Blog', input: '{}', command: `rgen run Blog '{}'` }
    case 'empty':
      return { name: 'Research', input: topic, command: undefined }
  }
}

function frameDrafts(
  answers: Answers & { readonly command: string },
  context: GeneratorContext,
): readonly Draft[] {
  const { name, command, packageManager } = answers
  const example = exampleOf(answers)
  const { run, exec, install, ciSetup } = commandsOf(packageManager)
  const view = {
    name,
    version: context.version,
    defaults: context.defaults,
    header: headerOf(command, context.version, 'slashes'),
    example: { ...example, command: example.command && `${exec} ${example.command.replace(/^rgen /, '')}` },
    run,
    exec,
    install,
    ciSetup,
    packageManager,
  }
  const render = (path: string, template: string) => draft(path, context.render(`project/${template}`, view))
  const copy = (path: string, file: string) => draft(path, context.asset(`project/${file}`))
  const documents = ['origin-of-species', 'analytical-engine', 'walden', 'gettysburg-address']
  return [
    render('package.json', 'package.json'),
    ...(packageManager === 'pnpm' ? [copy('pnpm-workspace.yaml', 'pnpm-workspace.yaml')] : []),
    ...(packageManager === 'yarn' ? [copy('.yarnrc.yml', 'yarnrc.yml')] : []),
    copy('tsconfig.json', 'tsconfig.json'),
    copy('jest.config.js', 'jest.config.js'),
    copy('.oxlintrc.json', 'oxlintrc.json'),
    copy('.gitignore', 'gitignore'),
    copy('.env.example', 'env.example'),
    render('.github/workflows/ci.yml', 'ci/ci.yml'),
    render('README.md', 'README.md'),
    render('config/settings.yaml', 'config/settings.yaml'),
    draft('config/tools.yaml', context.asset('project/config/tools.yaml')),
    draft('config/prompts.yaml', context.asset('project/config/prompts.yaml')),
    render('server/service.ts', 'server/service.ts'),
    render('client/run.ts', 'client/run.ts'),
    draft('src/agents/index.ts', emptyIndex('agent')),
    draft('src/workflows/index.ts', emptyIndex('workflow')),
    draft('src/functions/index.ts', emptyIndex('function')),
    ...documents.map((one) => copy(`documents/${one}.md`, `documents/${one}.md`)),
  ]
}

function draft(path: string, content: string): Draft {
  return { path: toProjectPath(path), content, ownership: 'whole' }
}
