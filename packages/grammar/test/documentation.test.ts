import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import * as grammar from '../src/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'packages/grammar/README.md'), 'utf8')

describe('documentation', () => {
  it('says which expression is the same as which', () => {
    const page = readFileSync(join(root, 'docs/grammar.md'), 'utf8')
    const [first = '', second = ''] = Array.from(
      page.matchAll(/```operators\n([\s\S]*?)```/g),
      ([, text = '']) => text,
    )
    expect(grammar.print(grammar.parse(second))).toBe(grammar.print(grammar.parse(first)))
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
