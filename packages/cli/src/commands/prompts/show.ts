import type { PromptVersion } from '@rgen/runtime/prompts'
import { defineCommand } from '../../command.ts'
import type { Output } from '../../io.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description: 'Shows one version of a prompt: its settings, its variables and its messages.',
  arguments: [
    { name: 'name', description: "The prompt's name.", required: true },
    {
      name: 'request',
      description: 'A version, a prefix such as 1, a range or a label; the latest unless given.',
      required: false,
    },
  ],
  options: { json: { type: 'boolean', description: 'Print it as JSON.' } },
  examples: [
    { command: 'rgen prompts show analyze-research', note: 'The latest version.' },
    { command: 'rgen prompts show analyze-research "^1.0.0"', note: 'What this range means today.' },
  ],
  async run({ arguments: [name = '', request], options, io }) {
    const { root } = findProject(io.cwd)
    const { loadPrompts, printTemplate } = await import('@rgen/runtime/prompts')
    const prompt = loadPrompts(root, { mode: 'development', env: projectEnv(root, io.env) }).load(
      name,
      request,
    )
    const messages = prompt.messages.map(({ role, template }) => ({ role, text: printTemplate(template) }))
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ ...prompt, messages }, null, 2)}\n`
        : print(prompt, messages, io.stdout),
    )
    return 0
  },
})

function print(
  prompt: PromptVersion,
  messages: readonly { readonly role: string; readonly text: string }[],
  { style }: Output,
): string {
  const facts: (readonly [string, string | number | undefined])[] = [
    ['description', prompt.description],
    ['file', prompt.file],
    ['hash', prompt.hash],
    ['model', prompt.settings.model],
    ['temperature', prompt.settings.temperature],
    ['max_tokens', prompt.settings.maxTokens],
    ['variables', prompt.variables.join(', ') || 'none'],
  ]
  const lines = facts.flatMap(([key, value]) =>
    value === undefined ? [] : [`${style.dim(key.padEnd(12))} ${value}`],
  )
  const parts = messages.map(({ role, text }) => `\n${style.dim(`<!-- ${role} -->`)}\n${text}\n`)
  return `${style.bold(`${prompt.name} ${prompt.version}`)}\n${lines.join('\n')}\n${parts.join('')}`
}
