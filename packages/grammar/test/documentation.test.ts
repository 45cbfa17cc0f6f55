import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import * as grammar from '../src/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'packages/grammar/README.md'), 'utf8')

/** Markdown of the repository that people read. */
function pages(): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)
  const docs = readdirSync(join(root, 'docs'), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
  return ['README.md', ...packages, ...docs].filter((file) => existsSync(join(root, file)))
}

/** Pages whose inline code with operators is meant as an expression; elsewhere an arrow may mean anything. */
const ABOUT_OPERATORS = new Set([
  'README.md',
  'docs/grammar.md',
  'docs/generators.md',
  'packages/grammar/README.md',
])

function inlineCode(text: string): string[] {
  return [...text.matchAll(/`([A-Za-z_(][^`\n]*(?:→|⇄|⊕|<->|->)[^`\n]*)`/g)].map((match) => match[1]!)
}

/** Expressions that a page shows: operators blocks, --operators flags, and inline code made of names and operators. */
function expressionsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/```operators\n([\s\S]*?)```/g)].map((match) => match[1]!)
  const flags = [...text.matchAll(/--operators(?:=| )"([^"]+)"/g)].map((match) => match[1]!)
  const inline = ABOUT_OPERATORS.has(page) ? inlineCode(text) : []
  return [...blocks, ...flags, ...inline]
    .map((each) => each.replaceAll('\\|', '|').trim())
    .filter((each) => /^[\sA-Za-z0-9_:(),→⇄⊕?|<>-]+$/.test(each) && !each.includes('=>'))
}

describe('documentation', () => {
  const shown = pages().flatMap((page) =>
    expressionsOf(page).map((expression) => [page, expression] as const),
  )

  it('shows expressions', () => {
    expect(shown.length).toBeGreaterThan(15)
  })

  it.each(shown)('%s shows an expression that reads: %s', (_page, expression) => {
    const text = grammar.print(grammar.parse(expression))
    expect(grammar.print(grammar.parse(text))).toBe(text)
  })

  it('says which expression is the same as which', () => {
    const [first, second] = expressionsOf('docs/grammar.md')
    expect(grammar.print(grammar.parse(second!))).toBe(grammar.print(grammar.parse(first!)))
  })

  it('holds in the example of the package: each line prints what its comment says', () => {
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    const printed: string[] = []
    const console = { log: (...values: unknown[]) => void printed.push(values.map(shownAs).join(' ')) }
    const { outputText } = ts.transpileModule(example, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    })
    vm.runInNewContext(outputText, { console, require: () => grammar, exports: {} })
    const expected = [...example.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map((match) => match[1])
    expect(printed).toEqual(expected)
    expect(printed).toHaveLength(6)
  })
})

function shownAs(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map((each) => `'${String(each)}'`).join(', ')} ]`
  return String(value)
}
