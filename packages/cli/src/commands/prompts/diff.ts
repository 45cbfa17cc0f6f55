import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { defineCommand } from '../../command.ts'
import type { Style } from '../../io.ts'
import { findProject, projectEnv } from '../../project.ts'

export const command = defineCommand({
  description:
    'Compares two versions of a prompt, line by line, as git does. Exit code 0 also when they differ.',
  arguments: [
    { name: 'name', description: "The prompt's name.", required: true },
    { name: 'from', description: 'A version, a range or a label.', required: true },
    { name: 'to', description: 'Another one; the latest unless given.', required: false },
  ],
  examples: [
    { command: 'rgen prompts diff analyze-research 1.0.0 1.1.0', note: 'What is new in 1.1.0.' },
    {
      command: 'rgen prompts diff analyze-research production',
      note: 'What the latest has and production has not.',
    },
  ],
  async run({ arguments: [name = '', from = '', to], io }) {
    const { root } = findProject(io.cwd)
    const { loadPrompts } = await import('@rgen/runtime/prompts')
    const prompts = loadPrompts(root, { mode: 'development', env: projectEnv(root, io.env) })
    const [before, after] = [prompts.load(name, from), prompts.load(name, to)]
    const read = (file: string) => readFileSync(join(root, file), 'utf8').replace(/\r\n?/g, '\n')
    if (before.hash === after.hash) {
      io.stderr.write(`${name} ${before.version} and ${after.version} are the same.\n`)
      return 0
    }
    const patch = createTwoFilesPatch(before.file, after.file, read(before.file), read(after.file))
    io.stdout.write(paint(patch, io.stdout.style))
    return 0
  },
})

function paint(patch: string, style: Style): string {
  const lines = patch.replace(/^=+\n/, '').split('\n')
  return lines
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return style.bold(line)
      if (line.startsWith('+')) return style.green(line)
      if (line.startsWith('-')) return style.red(line)
      return line.startsWith('@@') ? style.cyan(line) : line
    })
    .join('\n')
}
