import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import * as plop from '../src/index.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** The commands of a page, as words: quotes taken off. */
const commands = [...read('docs/generators.md').matchAll(/^rgen g (\S+)(.*)$/gm)].map((match) => ({
  line: match[0],
  generator: match[1]!,
  words: [...(match[2] ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2]!),
}))

/** A request from words, by the flags of the generator. */
function requestOf(generator: plop.Generator, words: readonly string[]): Record<string, unknown> {
  const flags = plop.flagsOf(generator.request, generator.positional)
  const request: Record<string, unknown> = {}
  const names = [...generator.positional]
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--dry-run') continue
    const flag = flags.find((one) => one.flag === word)
    if (word.startsWith('--') && flag === undefined)
      throw new Error(`${word} is no flag of ${generator.name}`)
    if (flag === undefined) request[names.shift() ?? 'surplus'] = word
    else
      request[flag.key] =
        flag.type === 'boolean' ? true : flag.type === 'integer' ? Number(rest.shift()) : rest.shift()
  }
  return request
}

const context = { ...plop.loadContext(), renderKong: () => 'services: []\n' }
const desk = plop.planProject({ name: 'desk' }, context)
const files = Object.fromEntries(
  desk.changes.flatMap((one) => (one.kind === 'create' ? [[one.path, one.content]] : [])),
)

describe('docs/generators.md', () => {
  it('shows every generator', () => {
    expect(new Set(commands.map((command) => command.generator))).toEqual(
      new Set(plop.generators.map((generator) => generator.name)),
    )
  })

  // In the order of the page, each in the project that those before it leave.
  it('shows commands that plan', () => {
    let project = plop.snapshotOf(files)
    for (const { generator: name, words } of [...commands].sort(
      (a, b) => Number(b.generator === 'tool-server') - Number(a.generator === 'tool-server'),
    )) {
      const generator = plop.generators.find((one) => one.name === name)!
      const plan = generator.plan(requestOf(generator, words), project, context)
      const written = Object.fromEntries(project.files)
      for (const change of plan.changes) {
        if (change.kind === 'create') written[change.path] = change.content
        if (change.kind === 'update') written[change.path] = change.after
      }
      project = plop.snapshotOf(written)
    }
    expect(project.files.size).toBeGreaterThan(Object.keys(files).length)
  })

  it('names every flag that a generator has of its own', () => {
    const page = read('docs/generators.md')
    const common = new Set(['--omit-tests', '--direct', '--autostart'])
    for (const generator of plop.generators)
      for (const { flag } of plop.flagsOf(generator.request, generator.positional))
        if (!common.has(flag)) expect(page).toContain(flag)
  })
})
