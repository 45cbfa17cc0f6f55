import type { GeneratorContext } from '../context.ts'
import { addVariables } from '../edit/env-example.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { defineGenerator } from './generator.ts'
import { llmConfigRequest, type LlmConfigRequest } from './requests.ts'

/** Plans config/llm_router.yaml, for Kong also kong.yaml, and the variables that they read. */
export function planLlmConfig(
  request: LlmConfigRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const { kong, direct } = parseRequest(llmConfigRequest, request)
  if (kong && direct)
    throw new GenerateError('GEN_REQUEST', '--kong and --direct exclude each other.', {
      hint: 'Leave one of them out; without both, providers are called directly.',
    })
  const command = commandOf(kong)
  const content = routerFile(kong, context)
  const drafts: readonly Draft[] = [
    {
      path: toProjectPath('config/llm_router.yaml'),
      content,
      ownership: 'whole',
      // Changing between the two is no conflict as long as nobody has edited the file.
      alternatives: [routerFile(!kong, context)],
    },
    ...(kong ? [kongDraft(content, context)] : []),
    variablesDraft(kong, project),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [
      ...(kong
        ? ['Start the gateway: kong start with KONG_DATABASE=off KONG_DECLARATIVE_CONFIG=kong.yaml']
        : []),
      'Set a key in .env (see .env.example); until then the mock provider answers',
      'Try the providers: rgen test:llm',
    ],
  }
}

function commandOf(kong: boolean): string {
  return commandLine('rgen g llm-config', llmConfigRequest, [], { kong, direct: false })
}

function routerFile(kong: boolean, context: GeneratorContext): string {
  const header = headerOf(commandOf(kong), context.version, 'hash')
  return context.render('llm-config/llm_router.yaml', { kong, header })
}

function kongDraft(router: string, context: GeneratorContext): Draft {
  if (context.renderKong === undefined)
    throw new GenerateError('GEN_REQUEST', '--kong: kong.yaml cannot be written from here.', {
      hint: 'Run "rgen g llm-config --kong" in the project.',
    })
  const content = context.renderKong(router)
  return { path: toProjectPath('kong.yaml'), content, ownership: 'whole' }
}

function variablesDraft(kong: boolean, project: ProjectSnapshot): Draft {
  const path = toProjectPath('.env.example')
  const providers = [
    { name: 'OPENAI_API_KEY', comment: 'OpenAI. Without any key the mock provider answers, offline.' },
    { name: 'ANTHROPIC_API_KEY', comment: 'Anthropic, the fallback.' },
  ]
  const gateway = [
    { name: 'KONG_GATEWAY_URL', comment: 'Where Kong AI Gateway listens; http://localhost:8000 without it.' },
    { name: 'KONG_API_KEY', comment: 'The key of the gateway itself.' },
  ]
  const content = addVariables(project.files.get(path) ?? '', kong ? [...providers, ...gateway] : providers)
  return { path, content, ownership: 'merged' }
}

export const llmConfigGenerator = defineGenerator({
  name: 'llm-config',
  summary: 'The providers that agents talk to, direct or through Kong',
  positional: [],
  request: llmConfigRequest,
  examples: [
    { command: 'rgen g llm-config', note: 'OpenAI, then Anthropic; the mock provider while there is no key' },
    { command: 'rgen g llm-config --kong', note: 'through Kong AI Gateway, with a kong.yaml that matches' },
  ],
  plan: planLlmConfig,
})
