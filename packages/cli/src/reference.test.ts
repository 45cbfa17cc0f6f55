import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { isGroup, type Command, type CommandEntry } from './command.ts'
import { commands } from './commands.ts'
import { flagName } from './flag-name.ts'
import { globalOptions } from './parse-arguments.ts'
import { printReference } from './reference.ts'

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')

/** Every command that can be called, with what stands before its flags. */
async function allCommands(entries: readonly CommandEntry[], parent: string): Promise<[string, Command][]> {
  const found: [string, Command][] = []
  for (const entry of entries) {
    const path = `${parent} ${entry.name}`
    const node = await entry.load()
    found.push(
      ...(isGroup(node) ? await allCommands(node.commands, path) : [[path, node] as [string, Command]]),
    )
  }
  return found
}

describe('docs/cli.md', () => {
  it('is what the command table says (else: pnpm --filter @rgen/cli reference)', async () => {
    expect(page).toBe(await printReference())
  })

  it('names every command and every flag, and none that does not exist', async () => {
    const known = await allCommands(commands, 'rgen')
    const sections = new Map(page.split(/^## /m).map((text) => [/^`(.*)`/.exec(text)?.[1], text]))
    for (const [path, command] of known) {
      const listed = [...(sections.get(path) ?? '').matchAll(/^- `(?:-\w, )?--([\w-]+)/gm)].map(
        ([, flag]) => flag,
      )
      const declared = Object.entries(command.options ?? {}).map(
        ([name, option]) =>
          (option.type === 'boolean' && option.default === true ? 'no-' : '') + flagName(name),
      )
      expect({ path, flags: listed }).toEqual({ path, flags: declared })
    }
    const called = [...page.matchAll(/^rgen ((?:[\w:-]+ ?)+)/gm)].map(
      ([, words = '']) => `rgen ${words.trim()}`,
    )
    for (const call of called) {
      const owner = known.some(([path]) => call === path || call.startsWith(`${path} `))
      expect({ call, owner }).toEqual({ call, owner: true })
    }
  })

  it('uses only flags that the command has, in every example of every command', async () => {
    for (const [path, command] of await allCommands(commands, 'rgen')) {
      const declared = Object.keys({ ...globalOptions, ...command.options }).flatMap((name) => [
        flagName(name),
        `no-${flagName(name)}`,
      ])
      for (const { command: text } of command.examples.filter((example) => example.command.includes(path))) {
        const used = [...text.replace(/'[^']*'|"[^"]*"/g, '').matchAll(/ --([\w-]+)/g)].map(
          ([, flag]) => flag,
        )
        expect({ text, unknown: used.filter((flag) => !declared.includes(flag ?? '')) }).toEqual({
          text,
          unknown: [],
        })
      }
    }
  })
})
