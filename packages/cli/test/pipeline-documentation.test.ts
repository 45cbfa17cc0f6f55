import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'
import { check, missingResources, parse, print } from '@rgen/grammar'
import type { PipelineNode, PipelineStyle, Resource } from '@rgen/grammar'
import { deviation } from '@rgen/runtime/testing'
import { interpret, pipelineFolder, runCompiled } from './compiled-pipeline.fixture.ts'

// Every expression that a page shows is compiled and run: in one style with answers that ask for everything, in the
// other with answers that ask for nothing.

const root = fileURLToPath(new URL('../../..', import.meta.url))
const { folder, remove } = pipelineFolder()
afterAll(remove)

/** Markdown of the repository that people read. */
function pages(): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)
  const examples = readdirSync(join(root, 'examples')).map((name) => `examples/${name}/README.md`)
  const docs = readdirSync(join(root, 'docs'), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
  return ['README.md', ...packages, ...examples, ...docs].filter((file) => existsSync(join(root, file)))
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

const shown = pages().flatMap((page) => expressionsOf(page).map((text) => [page, text] as const))
/** The same expression on two pages is run once. */
const different = [...new Map(shown.map(([page, text]) => [text, page])).entries()]

/** What a generator would scaffold for an expression: kinds that it states are kept. */
function stepsFor(tree: PipelineNode, style: PipelineStyle): readonly Resource[] {
  const found = check(tree, { resources: [] })
  return found.ok ? [] : missingResources(found.diagnostics, style)
}

describe('documentation', () => {
  it('shows expressions', () => {
    expect(different.length).toBeGreaterThan(15)
  })

  it.each(different)('shows an expression that runs: %s (%s)', async (text) => {
    const tree = parse(text)
    expect(print(parse(print(tree)))).toBe(print(tree))
    for (const [style, answer] of [
      ['subworkflows', { done: true, proceed: true }],
      ['functions', {}],
    ] as const) {
      const answerOf = (): unknown => answer
      const resources = stepsFor(tree, style)
      const token = { topic: 'tea' }
      const expected = interpret(tree, { result: {}, token, order: [] }, answerOf)
      const ran = await runCompiled(tree, resources, { folder, token, answerOf })
      expect(deviation(ran.trace, expected.order)).toBeUndefined()
      expect(ran.token).toEqual(expected.token)
    }
  })
})
