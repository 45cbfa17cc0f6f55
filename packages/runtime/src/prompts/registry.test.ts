import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPrompts } from './load-prompts.ts'
import { registryYaml, testProject, type TestProject } from './project.fixture.ts'
import { hashPrompt } from './prompt-file.ts'

let project: TestProject
beforeEach(() => {
  project = testProject({ 'config/prompts.yaml': registryYaml('greet', ['1.0.0', '1.1.0']) })
  project.prompt('greet', '1.0.0', 'Hello {name}', 'model: gpt-4o\n')
  project.prompt('greet', '1.1.0', 'Good day {name}')
})
afterEach(() => project[Symbol.dispose]())

const open = (mode: 'development' | 'production' = 'development', env = {}) => {
  const problems: string[] = []
  const registry = loadPrompts(project.root, {
    mode,
    env,
    onProblem: (error) => problems.push(error.message),
  })
  return { registry, problems }
}

describe.each(['development', 'production'] as const)('PromptRegistry in %s', (mode) => {
  it('renders plain data: messages, settings, version and hash', () => {
    const { registry } = open(mode)
    const rendered = registry.render('greet', '1.0', { name: 'Ada' })
    expect(rendered).toEqual({
      name: 'greet',
      version: '1.0.0',
      hash: hashPrompt('---\nversion: 1.0.0\nmodel: gpt-4o\n---\n\nHello {name}\n'),
      messages: [{ role: 'user', content: 'Hello Ada' }],
      settings: { model: 'gpt-4o' },
    })
    expect(JSON.parse(JSON.stringify(rendered))).toEqual(rendered)
  })

  it('counts what is rendered and what could not be', () => {
    const counted: string[] = []
    const meter = {
      count: (name: string, labels: object) =>
        void counted.push(`${name} ${Object.values(labels).join(' ')}`),
    }
    const registry = loadPrompts(project.root, { mode, env: {}, meter })
    registry.render('greet', '1.0', { name: 'Ada' })
    expect(() => registry.render('greet', '1.0', {})).toThrow()
    expect(() => registry.render('greet', '7', {})).toThrow()
    expect(counted).toEqual([
      'prompt_renders_total greet 1.0.0 ok',
      'prompt_renders_total greet 1.0.0 PROMPT_VARIABLES_MISSING',
      'prompt_renders_total greet none PROMPT_VERSION_UNKNOWN',
    ])
  })

  it('lists prompts with their versions in order', () => {
    project.write(
      'config/prompts.yaml',
      registryYaml('greet', ['1.1.0', '1.0.0'], '    description: Says hello'),
    )
    expect(open(mode).registry.list()).toEqual([
      {
        name: 'greet',
        description: 'Says hello',
        versions: ['1.0.0', '1.1.0'],
        latest: '1.0.0',
        resolution: 'semver',
        labels: {},
      },
    ])
  })

  it('suggests the nearest name for an unknown prompt', () => {
    const { registry } = open(mode)
    expect(() => registry.render('great', null, {})).toThrow(
      expect.objectContaining({ code: 'PROMPT_UNKNOWN', hint: 'Did you mean "greet"?' }),
    )
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(() => registry.resolve(name)).toThrow(expect.objectContaining({ code: 'PROMPT_UNKNOWN' }))
  })

  it('uses the label of the environment, but only for prompts that have it', () => {
    project.write(
      'config/prompts.yaml',
      registryYaml('greet', ['1.0.0', '1.1.0'], '    labels: { live: 1.0.0 }'),
    )
    expect(open(mode, { RGEN_PROMPT_LABEL: 'live' }).registry.resolve('greet')).toEqual({
      version: '1.0.0',
      label: 'live',
    })
    expect(open(mode, { RGEN_PROMPT_LABEL: 'other' }).registry.resolve('greet')).toEqual({ version: '1.1.0' })
    expect(open(mode, { RGEN_PROMPT_LABEL: '' }).registry.resolve('greet')).toEqual({ version: '1.1.0' })
  })

  it('lets an experiment decide by the key of the caller, and not without one', () => {
    const experiment =
      'experiments:\n  greet: { salt: s, weights: { "1.0.0": 50, "1.1.0": 50 }, key: agentId }'
    project.write('config/prompts.yaml', `${registryYaml('greet', ['1.0.0', '1.1.0'])}${experiment}\n`)
    const { registry } = open(mode)
    const arms = new Set(
      Array.from(
        { length: 40 },
        (_, index) => registry.resolve('greet', null, { experimentKey: `a${index}` }).arm,
      ),
    )
    expect(arms).toEqual(new Set(['1.0.0', '1.1.0']))
    const rendered = registry.render('greet', undefined, { name: 'x' }, { experimentKey: 'a1' })
    expect(rendered.arm).toBe(rendered.version)
    expect(registry.resolve('greet', null, { experimentKey: { agentId: 'a1', runId: 'r' } }).arm).toBe(
      rendered.arm,
    )
    expect(registry.resolve('greet', null, { experimentKey: { runId: 'a1' } })).toEqual({ version: '1.1.0' })
    expect(registry.resolve('greet')).toEqual({ version: '1.1.0' })
    expect(registry.resolve('greet', '1.0.0', { experimentKey: 'a1' })).toEqual({ version: '1.0.0' })
  })

  it('resolves variables in the registry, and names one that is not set', () => {
    project.write(
      'config/prompts.yaml',
      registryYaml('greet', ['1.0.0', '1.1.0'], '    labels: { live: "${LIVE:-1.0.0}", next: "${NEXT}" }'),
    )
    expect(open(mode, { NEXT: '1.1.0' }).registry.resolve('greet', 'live').version).toBe('1.0.0')
    expect(open(mode, { NEXT: '1.1.0', LIVE: '1.1.0' }).registry.resolve('greet', 'live').version).toBe(
      '1.1.0',
    )
    expect(() => open(mode)).toThrow('config/prompts.yaml:7:45 the environment variable NEXT is not set')
  })

  it('has no prompts where there is no registry', () => {
    project.remove('config/prompts.yaml')
    expect(open(mode).registry.list()).toEqual([])
  })
})

describe('PromptRegistry in development', () => {
  it('follows changes of files and registry at once', () => {
    const { registry } = open()
    expect(registry.render('greet', '1', { name: 'Ada' }).version).toBe('1.1.0')
    project.prompt('greet', '1.1.0', 'Welcome {name}')
    expect(registry.render('greet', '1', { name: 'Ada' }).messages[0]?.content).toBe('Welcome Ada')
    project.prompt('greet', '1.2.0', 'Hi {name}')
    project.write('config/prompts.yaml', registryYaml('greet', ['1.0.0', '1.1.0', '1.2.0']))
    expect(registry.render('greet', '1', { name: 'Ada' }).messages[0]?.content).toBe('Hi Ada')
  })

  it('sees a second change of the same length within the same moment', () => {
    const { registry } = open()
    const file = join(project.root, 'prompts/greet/v1.1.0.md')
    for (const word of ['aaaa', 'bbbb', 'cccc', 'dddd']) {
      writeFileSync(file, `---\nversion: 1.1.0\n---\n${word} {name}\n`)
      expect(registry.render('greet', null, { name: 'x' }).messages[0]?.content).toBe(`${word} x`)
    }
  })

  it('keeps the last good version while a file is broken or gone, and reports that once', () => {
    const { registry, problems } = open()
    const shown = () => registry.render('greet', '1.1.0', { name: 'x' }).messages[0]?.content
    expect(shown()).toBe('Good day x')
    project.write('prompts/greet/v1.1.0.md', '---\nversion: 1.1.0\n---\n{name:>10}')
    expect([shown(), shown()]).toEqual(['Good day x', 'Good day x'])
    project.remove('prompts/greet/v1.1.0.md')
    expect(shown()).toBe('Good day x')
    expect(problems).toEqual([
      expect.stringContaining('prompts/greet/v1.1.0.md:4:1 {name…} has a conversion'),
      expect.stringContaining(
        'config/prompts.yaml:5:16 version 1.1.0 of prompt "greet" names prompts/greet/v1.1.0.md, and there is no such file',
      ),
    ])
    project.prompt('greet', '1.1.0', 'Back, {name}')
    expect(shown()).toBe('Back, x')
  })

  it('keeps the last good registry while that is broken, and single entries too', () => {
    const { registry, problems } = open()
    project.write('config/prompts.yaml', 'prompts:\n\t- broken')
    expect(registry.resolve('greet').version).toBe('1.1.0')
    project.write(
      'config/prompts.yaml',
      registryYaml('greet', ['1.0.0', '9.9.9']).replace('latest: 9.9.9', 'latest: 3.0.0'),
    )
    expect(registry.resolve('greet').version).toBe('1.1.0')
    expect(problems).toEqual([
      expect.stringContaining('config/prompts.yaml:2:1 a tab is used as indentation'),
      expect.stringContaining('config/prompts.yaml:6:13 latest is 3.0.0, and there is no such version'),
    ])
    project.remove('config/prompts.yaml')
    expect(registry.resolve('greet').version).toBe('1.1.0')
    expect(problems.at(-1)).toContain('config/prompts.yaml the file is gone')
  })

  it('reports a malformed entry when it is used, with file and line, and leaves the others alone', () => {
    project.prompt('ok', '1.0.0', 'ok')
    const other = '  ok:\n    versions: { "1.0.0": prompts/ok/v1.0.0.md }\n'
    project.write('config/prompts.yaml', registryYaml('greet', ['abc', '1.0.0']) + other)
    const { registry } = open()
    expect(registry.resolve('ok', '1').version).toBe('1.0.0')
    expect(() => registry.resolve('greet', '1')).toThrow('config/prompts.yaml:4:14 "abc" is not a version')
  })

  it('looks at nothing any more once it is closed', () => {
    const { registry } = open()
    registry.load('greet')
    registry.close()
    project.prompt('greet', '1.1.0', 'Changed {name}')
    expect(registry.render('greet', null, { name: 'x' }).messages[0]?.content).toBe('Good day x')
  })
})

describe('PromptRegistry in production', () => {
  it('has read everything when it is made, and never looks again', () => {
    const { registry } = open('production')
    project.remove('prompts/greet/v1.0.0.md')
    project.write('config/prompts.yaml', 'prompts: {}')
    expect(registry.render('greet', '1.0.0', { name: 'x' }).messages[0]?.content).toBe('Hello x')
  })

  it('does not start with a registry or file that is not in order, and names all of it', () => {
    const text = registryYaml(
      'greet',
      ['1.0.0', '1.1.0', '2.0.0', 'v3'],
      '    labels: { "1": 1.0.0, live: 7.0.0 }',
    )
    project.write(
      'config/prompts.yaml',
      `${text}experiments: { greet: { salt: s, weights: { 8.0.0: 1 } }, nobody: { salt: s, weights: {} } }\n`,
    )
    project.write('prompts/greet/v1.1.0.md', '---\nversion: 1.0.9\n---\nx')
    expect(() => open('production')).toThrow(
      [
        'config/prompts.yaml:7:13 "v3" is not a version. Write all three numbers and nothing before them: "3.0.0".',
        'config/prompts.yaml:9:20 a label cannot be called "1". It would be read as a version.',
        'config/prompts.yaml:9:33 label live points to "7.0.0", and there is no such version. There is 1.0.0, 1.1.0, 2.0.0, v3.',
        'config/prompts.yaml:10:52 the experiment weighs "8.0.0", and there is no such version. There is 1.0.0, 1.1.0, 2.0.0, v3.',
      ].join('\n'),
    )
    expect(() => open('production')).toThrow(
      'prompts/greet/v1.1.0.md:2:10 the front matter says version "1.0.9"',
    )
    expect(() => open('production')).toThrow('config/prompts.yaml:6:16 version 2.0.0 of prompt "greet" names')
    expect(() => open('production')).toThrow('an experiment is set for "nobody", and there is no such prompt')
  })

  it.each([
    ['../outside/v1.0.0.md', 'lies outside of the project'],
    ['/etc/v1.0.0.md', 'lies outside of the project'],
    ['C:\\x\\v1.0.0.md', 'lies outside of the project'],
    ['a/../../v1.0.0.md', 'lies outside of the project'],
    ['prompts/greet/v1.0.1.md', 'has another name'],
  ])('refuses the path %s', (path, expected) => {
    project.write(
      'config/prompts.yaml',
      `prompts: { greet: { versions: { "1.0.0": ${JSON.stringify(path)} } } }`,
    )
    expect(() => open('production')).toThrow(expected)
  })

  it('refuses a link that leads out of the project, and bytes that are not text', () => {
    using other = testProject({ 'v1.0.0.md': '---\nversion: 1.0.0\n---\nx' })
    project.remove('prompts/greet/v1.0.0.md')
    symlinkSync(join(other.root, 'v1.0.0.md'), join(project.root, 'prompts/greet/v1.0.0.md'))
    writeFileSync(join(project.root, 'prompts/greet/v1.1.0.md'), Buffer.from([0xff, 0xfe, 0x00]))
    expect(() => open('production')).toThrow('leads out of the project')
    expect(() => open('production')).toThrow('not text in UTF-8')
  })
})
