import { checkProjectName } from '../project-name.ts'
import { readyTools } from './generator-questions.ts'
import type { NextQuestion } from './question.ts'

/** What `create-rgen` asks: the name, what to begin with, and the tools when there are any. */
export const projectQuestions: readonly NextQuestion[] = [
  () => ({
    type: 'text',
    key: 'name',
    message: 'What is the project called?',
    default: 'my-agents',
    check: (text) => {
      try {
        checkProjectName(text)
        return true
      } catch (error) {
        const { message, hint } = error as { message: string; hint?: string }
        return `${message} ${hint ?? ''}`.trim()
      }
    },
  }),
  () => ({
    type: 'one',
    key: 'start',
    message: 'What does it begin with?',
    choices: [
      { value: 'agent-with-tools', label: 'an agent with tools: searches, reads a prompt, asks a model' },
      { value: 'agent', label: 'an agent that asks a model' },
      { value: 'pipeline', label: 'a pipeline: DRAFT ⇄ REVIEW → PUBLISH' },
      { value: 'empty', label: 'nothing: I will generate what I need' },
    ],
    default: 'agent-with-tools',
  }),
  (answers) =>
    answers.start === 'agent-with-tools'
      ? {
          type: 'several',
          key: 'tools',
          message: 'Which tools does it get?',
          choices: readyTools,
          default: readyTools.map(({ value }) => value),
          atLeastOne: true,
        }
      : undefined,
]
