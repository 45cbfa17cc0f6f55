import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { folderWith, rgen } from './rgen.fixture.ts'

const registry = [
  'prompts:',
  '  greet:',
  '    description: Says hello',
  '    versions:',
  '      "1.0.0": prompts/greet/v1.0.0.md # the first',
  '    latest: "1.0.0"',
  '    labels: { production: "1.0.0" }',
  '',
].join('\n')
const greeting =
  '---\nversion: 1.0.0\nmodel: gpt-4o\n---\n\n<!-- system -->\nBe kind.\n<!-- user -->\nHello {name}\n'
const cases = [
  'tests:',
  '  - name: greets by name',
  '    variables: { name: Ada }',
  '    expect: { prompt_contains: Hello Ada }',
  '  - name: answers',
  '    variables: { name: Ada }',
  '    expect: { contains: Ada, not_contains: XYZ, regex: "A[a-z]+", max_cost_usd: 1 }',
  '',
].join('\n')

const project = (files: Readonly<Record<string, string>> = {}): string =>
  folderWith({
    'package.json': '{ "dependencies": { "@rgen/runtime": "*" } }',
    'config/prompts.yaml': registry,
    'prompts/greet/v1.0.0.md': greeting,
    'prompts/greet/tests.yaml': cases,
    ...files,
  })
const prompts = (cwd: string, ...argv: string[]) =>
  rgen(['prompts', ...argv], cwd, { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' })

describe('rgen prompts', () => {
  it('lists prompts with versions and labels', async () => {
    const { code, out } = await prompts(project(), 'list')
    expect(code).toBe(0)
    expect(out).toMatch(/^greet +1\.0\.0 +1\.0\.0 +production=1\.0\.0 +- +Says hello$/m)
  })

  it('shows the version that a request means', async () => {
    const { out } = await prompts(project(), 'show', 'greet', '^1.0.0')
    expect(out).toContain('greet 1.0.0\n')
    expect(out).toContain('variables    name\n')
    expect(out).toContain('<!-- user -->\nHello {name}\n')
  })

  it('suggests the nearest name', async () => {
    const { code, err } = await prompts(project(), 'show', 'gret')
    expect(code).toBe(1)
    expect(err).toContain('Did you mean "greet"?')
  })

  it('bumps to a new version, listed beside the old one, comments kept, and shows the difference', async () => {
    const root = project()
    expect((await prompts(root, 'bump', 'greet', '--minor', '--dry-run')).out).toContain(
      'would copy greet 1.0.0 to 1.1.0',
    )
    expect(existsSync(join(root, 'prompts/greet/v1.1.0.md'))).toBe(false)
    expect((await prompts(root, 'bump', 'greet', '--minor')).code).toBe(0)
    expect((await prompts(root, 'bump', 'greet', '--major', '--latest')).out).toContain(
      'copied greet 1.1.0 to 2.0.0',
    )
    expect(readFileSync(join(root, 'config/prompts.yaml'), 'utf8')).toBe(
      registry
        .replace(
          '# the first\n',
          '# the first\n      "1.1.0": prompts/greet/v1.1.0.md\n      "2.0.0": prompts/greet/v2.0.0.md\n',
        )
        .replace('latest: "1.0.0"', 'latest: "2.0.0"'),
    )
    const { out } = await prompts(root, 'diff', 'greet', 'production')
    expect(out).toContain('-version: 1.0.0\n+version: 2.0.0\n')
  })

  it('finds mistakes and what is probably not meant, with file and line', async () => {
    const root = project({ 'prompts/greet/v1.0.0.md': greeting.replace('{name}', '{first-name}') })
    const warned = await prompts(root, 'lint')
    expect(warned.code).toBe(0)
    expect(warned.out).toContain(
      '! prompts/greet/v1.0.0.md:9:7 {first-name} looks like a variable and is text. Write {first_name}',
    )
    expect((await prompts(root, 'lint', '--strict')).code).toBe(1)
    writeFileSync(join(root, 'prompts/greet/v1.0.0.md'), greeting.replace('{name}', '{name:>10}'))
    const failed = await prompts(root, 'lint')
    expect(failed.code).toBe(1)
    expect(failed.out).toContain('✖ prompts/greet/v1.0.0.md:9:7 {name…} has a conversion')
    expect(failed.out).toContain('0 versions of 1 prompt: 1 mistake, 0 warnings')
  })

  it('holds released versions fast', async () => {
    const root = project()
    expect((await prompts(root, 'lock')).out).toBe('locked greet@1.0.0\n')
    expect((await prompts(root, 'lock', '--check')).code).toBe(0)
    writeFileSync(join(root, 'prompts/greet/v1.0.0.md'), greeting.replaceAll('\n', '\r\n'))
    expect((await prompts(root, 'lock', '--check')).code).toBe(0)
    writeFileSync(join(root, 'prompts/greet/v1.0.0.md'), greeting.replace('kind', 'rude'))
    const { code, out } = await prompts(root, 'lock', '--check')
    expect(code).toBe(1)
    expect(out).toContain('greet@1.0.0 was released and has changed')
    expect((await prompts(root, 'lock')).err).toContain('PROMPT_LOCKED · nothing was written')
  })

  it('writes types, and tells when they are out of date', async () => {
    const root = project()
    expect((await prompts(root, 'types', '--check')).code).toBe(1)
    expect((await prompts(root, 'types')).code).toBe(0)
    expect(readFileSync(join(root, 'src/prompts.d.ts'), 'utf8')).toContain('"^1.0.0": { "name": ')
    expect((await prompts(root, 'types', '--check')).code).toBe(0)
  })

  it('tests with recorded answers, and says how to record where there is none', async () => {
    const root = project()
    const unrecorded = await prompts(root, 'test', 'greet')
    expect(unrecorded.code).toBe(1)
    expect(unrecorded.out).toContain('✔ greets by name\n? answers\n')
    expect((await prompts(root, 'test', 'greet', '--live', '--record')).out).toContain('2 passed, 0 failed')
    const recorded = await prompts(root, 'test', 'greet')
    expect(recorded.code).toBe(0)
    expect(recorded.out).toContain('2 passed, 0 failed')
  })

  it('tests two versions side by side', async () => {
    const root = project()
    await prompts(root, 'bump', 'greet')
    writeFileSync(
      join(root, 'prompts/greet/v1.1.0.md'),
      greeting.replace('1.0.0', '1.1.0').replace('Hello', 'Bye'),
    )
    const { code, out } = await prompts(root, 'test', 'greet', '--version', '1.0.0,1.1.0', '--live')
    expect(code).toBe(1)
    expect(out).toContain(
      'greets by name\n  ✔ 1.0.0\n  ✖ 1.1.0\n      the prompt does not contain "Hello Ada"\n',
    )
  })
})
