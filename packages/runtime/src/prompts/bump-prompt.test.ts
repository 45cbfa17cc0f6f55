import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { applyBump, planBump, type BumpRequest } from './bump-prompt.ts'
import { loadPrompts } from './load-prompts.ts'
import { registryYaml, testProject, type TestProject } from './project.fixture.ts'

let project: TestProject
beforeEach(() => {
  project = testProject({ 'config/prompts.yaml': `# ours\n${registryYaml('greet', ['1.0.0', '1.2.0'])}` })
  project.prompt('greet', '1.0.0', 'Hello {name}')
  project.prompt('greet', '1.2.0', 'version: 9.9.9 is text here, {name}', 'changelog: kinder\nmodel: m\n')
})
afterEach(() => project[Symbol.dispose]())

const plan = (request: Partial<BumpRequest>) =>
  planBump(project.root, { name: 'greet', part: 'minor', ...request })

describe('planBump', () => {
  it.each([
    [{ part: 'patch' }, '1.2.0', '1.2.1'],
    [{ part: 'minor' }, '1.2.0', '1.3.0'],
    [{ part: 'major' }, '1.2.0', '2.0.0'],
    [{ part: 'minor', from: '1.0' }, '1.0.0', '1.1.0'],
    [{ part: 'patch', from: 'latest' }, '1.2.0', '1.2.1'],
  ] as const)('plans %j from %s to %s', (request, from, version) => {
    expect(plan(request)).toMatchObject({ from, version, file: { path: `prompts/greet/v${version}.md` } })
  })

  it('takes the next number that is free', () => {
    project.write('config/prompts.yaml', registryYaml('greet', ['1.0.0', '1.1.0', '1.2.0']))
    expect(plan({ from: '1.0.0' }).version).toBe('1.3.0')
  })

  it('changes the version in the front matter alone, leaves the changelog of the old version, and keeps comments', () => {
    const { file, registry } = plan({})
    expect(file.text).toBe('---\nversion: 1.3.0\nmodel: m\n---\n\nversion: 9.9.9 is text here, {name}\n')
    expect(registry.text).toContain('# ours\n')
    expect(registry.text).toContain('"1.3.0": prompts/greet/v1.3.0.md\n    latest: 1.2.0')
    expect(plan({ latest: true }).registry.text).toContain('latest: 1.3.0')
  })

  it('makes a version that can be rendered at once', () => {
    applyBump(project.root, plan({ latest: true }))
    expect(
      loadPrompts(project.root, { mode: 'production' }).render('greet', null, { name: 'x' }).version,
    ).toBe('1.3.0')
  })

  it('refuses an unknown prompt, an unknown version, and a file that is in the way', () => {
    expect(() => plan({ name: 'great' })).toThrow(expect.objectContaining({ code: 'PROMPT_UNKNOWN' }))
    expect(() => plan({ from: '7' })).toThrow(expect.objectContaining({ code: 'PROMPT_VERSION_UNKNOWN' }))
    project.prompt('greet', '1.3.0', 'mine')
    expect(() => plan({})).toThrow(
      expect.objectContaining({ code: 'PROMPT_EXISTS', file: 'prompts/greet/v1.3.0.md' }),
    )
  })
})
