// Every `rgen …` that a page shows is read with the command table: the command exists, and so do its flags and their
// values. docs/cli.md is written from that table, and has a test of its own beside it.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { isGroup, type CommandGroup } from '../packages/cli/dist/command.js'
import { root as rgen } from '../packages/cli/dist/main.js'
import { parseArguments } from '../packages/cli/dist/parse-arguments.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function pages(): string[] {
  const inside = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
  const readmes = [...inside('packages'), ...inside('examples')].map((folder) => `${folder}/README.md`)
  const guides = inside('docs').filter((page) => page.endsWith('.md') && page !== 'docs/cli.md')
  return ['README.md', 'CONTRIBUTING.md', ...readmes, ...guides].filter((page) =>
    existsSync(join(root, page)),
  )
}

interface Shown {
  readonly page: string
  readonly text: string
  /** A line of a shell block is meant to be typed as it stands; code in a sentence may name a command alone. */
  readonly isWhole: boolean
}

const CALL = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:pnpm |npx |pnpm exec )?rgen (.*)$/

function shownOn(page: string): Shown[] {
  const text = readFileSync(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```(?:sh|bash|shell)\n([\s\S]*?)^```$/gm)].flatMap((match) =>
    match[1]!.replaceAll('\\\n', ' ').split('\n'),
  )
  const inline = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    (match) => match[1]!,
  )
  const calls = (lines: readonly string[], isWhole: boolean) =>
    lines.flatMap((line) => {
      const call = CALL.exec(line.trim())?.[1]
      return call === undefined ? [] : [{ page, text: call, isWhole }]
    })
  return [...calls(blocks, true), ...calls(inline, false)]
}

/** The words of a line as a shell reads them, up to a comment, a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [, quoted] of line.matchAll(/((?:'[^']*'|"[^"]*"|[^\s'"])+)/g)) {
    if (/^(?:#|\||>|&|;)/.test(quoted!)) break
    words.push(quoted!.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => String(single ?? double)))
  }
  return words
}

/** What is wrong with a call, or undefined. */
async function faultOf({ text, isWhole }: Shown): Promise<string | undefined> {
  let group: CommandGroup = rgen
  const words = wordsOf(text).filter((word) => isWhole || word !== '…')
  for (let path = 'rgen'; ;) {
    const word = words.shift()
    const names = !isWhole && (word === undefined || /^[<…]/.test(word))
    if (names || word === '--help' || word === '--version') return undefined
    const entry = group.commands.find((each) => each.name === word || each.aliases?.includes(word ?? ''))
    if (entry === undefined) return `there is no ${path} ${word ?? ''}`
    path += ` ${entry.name}`
    const node = await entry.load()
    if (isGroup(node)) {
      group = node
      continue
    }
    try {
      parseArguments(words, node, path)
      return undefined
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      return !isWhole && code === 'CLI_MISSING_ARGUMENT' ? undefined : message
    }
  }
}

describe('the commands that pages show', () => {
  const shown = pages().flatMap(shownOn)

  it('are found', () => {
    expect(shown.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(40)
    expect(shown.filter(({ isWhole }) => !isWhole).length).toBeGreaterThan(40)
  })

  it.each([
    ['doctr', 'there is no rgen doctr'],
    ['prompts lits', 'there is no rgen prompts lits'],
    ['doctor --chek-tools', 'There is no flag --chek-tools here'],
    ['graph Blog --format=png', '--format cannot be "png"'],
    ['run', '<Name> is missing'],
  ])('are told from commands that do not exist: rgen %s', async (text, fault) => {
    expect(await faultOf({ page: '', text, isWhole: true })).toContain(fault)
  })

  it.each(pages())('all exist, with their flags, on %s', async (page) => {
    const faults = await Promise.all(
      shownOn(page).map(async (call) => ({ call: call.text, fault: await faultOf(call) })),
    )
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([])
  })
})
