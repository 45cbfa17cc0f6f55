import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registryYaml, testProject, type TestProject } from './project.fixture.ts'
import { printPromptTypes } from './prompt-types.ts'
import { surveyPrompts } from './survey.ts'

const tsc = fileURLToPath(new URL('../../../../node_modules/typescript7/bin/tsc', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache', import.meta.url))

/** Lines of a program; those that end in `// wrong` must be refused, the others accepted. */
const program = `
import { prompts } from '@rgen/runtime/agent'
await prompts.render('greet', '1.0.0', { name: 'Ada' })
await prompts.render('greet', '1.0', { name: 'Ada' })
await prompts.render('greet', '~1.0.0', { name: 'Ada' })
await prompts.render('greet', '1.1.0', { name: 'Ada', time: 'noon' })
await prompts.render('greet', 'live', { name: 'Ada' })
await prompts.render('greet', 'latest', { name: 'Ada', time: 'noon' })
await prompts.render('mail', '^1.0.0', { customer: { name: 'Ada' }, tags: ['a'], count: 2 })
await prompts.render('mail', '>=1 <3', { customer: { name: 'Ada' }, tags: ['a'], count: 2 })
await prompts.render('great', '1.0.0', { name: 'Ada' }) // wrong
await prompts.render('greet', '1.0.0', {}) // wrong
await prompts.render('greet', '1.0.0', { name: 'Ada', tme: 'x' }) // wrong
await prompts.render('greet', '1.0.0', { name: null }) // wrong
await prompts.render('greet', '1', { name: 'Ada' }) // wrong
await prompts.render('greet', '^1.0.0', { name: 'Ada', time: 'noon' }) // wrong
await prompts.render('greet', '3.0.0', { name: 'Ada' }) // wrong
await prompts.render('mail', '1.0.0', { customer: {}, tags: ['a'], count: 2 }) // wrong
await prompts.render('mail', '1.0.0', { customer: { name: 'Ada' }, tags: 'a', count: 2 }) // wrong
await prompts.render('mail', '1.0.0', { customer: { name: 'Ada' }, tags: ['a'], count: '2' }) // wrong
`

describe('printPromptTypes', () => {
  let project: TestProject
  let folder: string
  beforeAll(() => {
    const greet = registryYaml('greet', ['1.0.0', '1.1.0'], '    labels: { live: 1.0.0 }')
    const mail = registryYaml('mail', ['1.0.0']).replace('prompts:\n', '')
    project = testProject({ 'config/prompts.yaml': greet + mail })
    project.prompt('greet', '1.0.0', 'Hello {name}')
    project.prompt('greet', '1.1.0', 'Hello {name}, it is {time}')
    project.prompt(
      'mail',
      '1.0.0',
      '{customer.name} {tags} {count}',
      'inputs: { tags: array, count: number, customer: object }\n',
    )
    // Inside the package, so that its own name resolves as it does for a user.
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, 'prompt-types-'))
    writeFileSync(join(folder, 'prompts.d.ts'), printPromptTypes(surveyPrompts(project.root).prompts))
    writeFileSync(join(folder, 'program.ts'), program)
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    project[Symbol.dispose]()
  })

  it('makes the type check accept what works, and refuse what would fail', () => {
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    })
    const refused = new Set([...stdout.matchAll(/program\.ts\((\d+),/g)].map((found) => Number(found[1])))
    const wrong = program.split('\n').flatMap((line, index) => (line.endsWith('// wrong') ? [index + 1] : []))
    expect({
      lines: [...refused],
      others: stdout.split('\n').filter((line) => /^\S/.test(line) && !line.includes('program.ts')),
    }).toEqual({
      lines: wrong,
      others: [],
    })
    expect(stdout).toContain('versions 1.0.0 and 1.1.0 disagree on their variables')
  })

  it('leaves out prompts that are not in order', () => {
    using broken = testProject({ 'config/prompts.yaml': registryYaml('broken', ['1.0.0']) })
    expect(printPromptTypes(surveyPrompts(broken.root).prompts)).not.toContain('broken')
  })
})
