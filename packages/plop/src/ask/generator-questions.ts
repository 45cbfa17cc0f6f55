import { parse } from '@rgen/grammar'
import { parseName, type NamedKind } from '../name.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { promptsOf, toolServersOf } from '../resources.ts'
import { parseToolInput } from '../tool-input.ts'
import type { Answers, NextQuestion } from './question.ts'

// What `rgen g <generator>` asks when it may: only what a flag could have said, and only what makes sense in this
// project.

/** The questions of a generator, by its name; none for one that needs no answers. */
export function questionsOf(generator: string, project: ProjectSnapshot): readonly NextQuestion[] {
  switch (generator) {
    case 'agent':
      return agentQuestions(project)
    case 'workflow':
      return [nameQuestion('workflow', 'What is the workflow called?')]
    case 'function':
      return [nameQuestion('function', 'What is the function called?')]
    case 'pipeline':
      return pipelineQuestions()
    case 'tool-server':
      return toolServerQuestions()
    case 'tool':
      return toolQuestions(project)
    case 'prompt':
      return [nameQuestion('prompt', 'What is the prompt called?'), versionQuestion]
    case 'llm-config':
      return [backendQuestion]
    case 'deploy':
      return [targetQuestion]
    default:
      return []
  }
}

function agentQuestions(project: ProjectSnapshot): readonly NextQuestion[] {
  const servers = toolServersOf(project).map(({ name, tools }) => ({
    value: name,
    label: tools.length === 0 ? name : `${name} (${tools.join(', ')})`,
  }))
  const prompts = promptsOf(project).map(({ name }) => ({ value: name, label: name }))
  const usesLlm = (answers: Answers) => answers.withLlm === true
  return [
    nameQuestion('agent', 'What is the agent called?'),
    () => ({ type: 'yes-no', key: 'withLlm', message: 'Does it call a language model?', default: true }),
    () =>
      servers.length === 0
        ? undefined
        : { type: 'several', key: 'tools', message: 'Which tool servers does it call?', choices: servers },
    (answers) =>
      prompts.length === 0 || !usesLlm(answers)
        ? undefined
        : {
            type: 'one',
            key: 'prompt',
            message: 'Which prompt does it render?',
            choices: [...prompts, { value: '', label: 'none' }],
          },
    () => ({
      type: 'text',
      key: 'events',
      message: 'Which events does it answer? (message,end; empty for none)',
    }),
  ]
}

function pipelineQuestions(): readonly NextQuestion[] {
  return [
    nameQuestion('pipeline', 'What is the pipeline called?'),
    () => ({
      type: 'text',
      key: 'operators',
      message: 'The expression, such as DRAFT <-> REVIEW -> PUBLISH:',
      check: accepted(parse),
    }),
    () => ({
      type: 'one',
      key: 'style',
      message: 'What does a step become that the project does not have yet?',
      choices: [
        { value: 'subworkflows', label: 'a child workflow' },
        { value: 'functions', label: 'a durable step of a function' },
      ],
    }),
  ]
}

function toolServerQuestions(): readonly NextQuestion[] {
  return [
    nameQuestion('tool server', 'What is the tool server called?'),
    () => ({
      type: 'one',
      key: 'transport',
      message: 'How is it reached?',
      choices: [
        { value: 'stdio', label: 'as a child process (stdio)' },
        { value: 'http', label: 'over Streamable HTTP' },
        { value: 'sse', label: 'over HTTP with SSE, for older hosts' },
      ],
    }),
    () => ({
      type: 'several',
      key: 'tools',
      message: 'Which tools does it begin with?',
      choices: readyTools,
      default: readyTools.map(({ value }) => value),
      atLeastOne: true,
    }),
    () => ({ type: 'yes-no', key: 'autostart', message: 'Does it start with the service?', default: true }),
  ]
}

/** The tools that come with their work. */
export const readyTools = [
  { value: 'web_search', label: 'web_search: Brave with a key, the project’s documents without' },
  { value: 'extract_urls', label: 'extract_urls: the addresses in a text' },
  { value: 'calculate', label: 'calculate: arithmetic, safely' },
] as const

function toolQuestions(project: ProjectSnapshot): readonly NextQuestion[] {
  const servers = toolServersOf(project).filter((server) => server.module !== undefined)
  return [
    () =>
      servers.length === 0
        ? undefined
        : {
            type: 'one',
            key: 'server',
            message: 'Which tool server gets it?',
            choices: servers.map(({ name }) => ({ value: name, label: name })),
          },
    nameQuestion('tool', 'What is the tool called?'),
    () => ({
      type: 'text',
      key: 'input',
      message: 'What does it take?',
      default: 'query:string',
      check: accepted(parseToolInput),
    }),
  ]
}

function nameQuestion(kind: NamedKind, message: string): NextQuestion {
  return () => ({ type: 'text', key: 'name', message, check: accepted((text) => parseName(text, kind)) })
}

const versionQuestion: NextQuestion = () => ({
  type: 'text',
  key: 'version',
  message: 'Which version is it?',
  default: '1.0.0',
})

const backendQuestion: NextQuestion = (answers) =>
  answers.direct === true
    ? undefined
    : {
        type: 'yes-no',
        key: 'kong',
        message: 'Call the providers through Kong AI Gateway?',
        default: false,
      }

const targetQuestion: NextQuestion = () => ({
  type: 'one',
  key: 'target',
  message: 'What does it run on?',
  choices: [
    { value: 'compose', label: 'Docker Compose' },
    { value: 'k8s', label: 'Kubernetes' },
  ],
})

/** A check that passes what a parser takes, and shows its message for the rest. */
function accepted(read: (text: string) => unknown): (text: string) => string | true {
  return (text) => {
    try {
      read(text)
      return true
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string }
      return hint === undefined ? message : `${message} ${hint}`
    }
  }
}
