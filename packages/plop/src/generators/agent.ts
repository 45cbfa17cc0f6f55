import type { GeneratorContext } from '../context.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { canonicalName, parseName } from '../name.ts'
import { settle } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import type { FilePlan } from '../plan/plan.ts'
import { toProjectPath } from '../plan/path.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { promptVariables } from '../prompt-variables.ts'
import { agentView, type AgentParts } from './agent-view.ts'
import { findPrompt, findToolServers } from './find-resources.ts'
import { defineGenerator } from './generator.ts'
import { agentRequest, type AgentRequest } from './requests.ts'
import { indexDraft, wholeFile } from './resource-drafts.ts'

const positional = ['name']

/**
 * Plans an agent, its line in the index, and its test.
 *
 * With events (or with nothing else to do) it is an agent that lives until `end`; otherwise it answers once.
 */
export function planAgent(
  request: AgentRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const answers = parseRequest(agentRequest, request)
  const parts = agentParts(answers, project)
  const command = commandLine('rgen g agent', agentRequest, positional, {
    ...answers,
    name: canonicalName(answers.name, 'agent'),
    withLlm: parts.withLlm,
    tools: parts.toolServers.map((server) => server.name),
    prompt: parts.prompt?.name,
    events: answers.events.length > 0 ? parts.events.map((event) => event.name) : [],
  })
  const view = { ...agentView(parts), header: headerOf(command, context.version, 'slashes') }
  const { name } = parts
  const folder = parts.events.length > 0 ? 'agent/lasting' : 'agent/once'
  const drafts = [
    wholeFile(`src/agents/${name.kebab}.ts`, context.render(`${folder}.ts`, view)),
    indexDraft('agent', [name], project),
    ...(answers.omitTests
      ? []
      : [wholeFile(`tests/${name.kebab}.agent.test.ts`, context.render(`${folder}.test.ts`, view))]),
  ]
  return { command, changes: settle(drafts, project), next: [`Try it: ${view.runCommand}`] }
}

function agentParts(answers: ReturnType<typeof agentRequest.parse>, project: ProjectSnapshot): AgentParts {
  const name = parseName(answers.name, 'agent')
  const toolServers = findToolServers(answers.tools, project)
  const prompt = answers.prompt === undefined ? undefined : findPrompt(answers.prompt, project)
  const withLlm = answers.withLlm || prompt !== undefined
  const given = answers.events.map((event) => parseName(event, 'event').camel)
  const lasting = given.length > 0 || (!withLlm && toolServers.length === 0)
  const events = lasting ? [...new Set([...(given.length > 0 ? given : ['message']), 'end'])] : []
  if (lasting && toolServers.length > 0 && !withLlm)
    throw new GenerateError(
      'GEN_REQUEST',
      '--events with --tools needs --with-llm: the model calls the tools.',
    )
  if (lasting && events.length === 1)
    throw new GenerateError('GEN_REQUEST', '--events: an agent that only knows "end" has nothing to do.', {
      hint: 'Name one event more: --events message,end',
    })
  return {
    name,
    withLlm,
    toolServers,
    prompt: prompt && promptPart(prompt, project),
    events: events.map((event) => ({ name: event, constant: `${event}Event` })),
  }
}

function promptPart(prompt: ReturnType<typeof findPrompt>, project: ProjectSnapshot): AgentParts['prompt'] {
  const version = prompt.latest ?? prompt.versions.at(-1) ?? '1.0.0'
  const path = prompt.paths.get(version)
  const text = path === undefined ? '' : (project.files.get(toProjectPath(path)) ?? '')
  return { name: prompt.name, request: rangeOf(version), variables: promptVariables(text) }
}

/** The range that later versions with the same variables stay in, and that does not change when they come. */
function rangeOf(version: string): string {
  const [major = '0', minor = '0'] = version.split('.')
  if (version.includes('-')) return version
  return major === '0' ? `^0.${minor}.0` : `^${major}.0.0`
}

export const agentGenerator = defineGenerator({
  name: 'agent',
  summary: 'A durable agent, alone or with an LLM, tools, a prompt and events',
  positional,
  request: agentRequest,
  examples: [
    {
      command: 'rgen g agent Research --with-llm --tools research --prompt analyze-research',
      note: 'searches, renders the prompt, asks the LLM, answers with its sources',
    },
    { command: 'rgen g agent Concierge --events message,end', note: 'lives until "end" and keeps its state' },
  ],
  plan: planAgent,
})
