import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { checkPrompts } from './check-prompts.ts'
import { lockPrompts, parseLock, printLock } from './lock-file.ts'
import { registryYaml, testProject, type TestProject } from './project.fixture.ts'
import { surveyPrompts } from './survey.ts'

let project: TestProject
beforeEach(() => {
  project = testProject({ 'config/prompts.yaml': registryYaml('greet', ['1.0.0', '1.1.0']) })
  project.prompt('greet', '1.0.0', 'Hello {name}')
  project.prompt('greet', '1.1.0', 'Good day {name}')
})
afterEach(() => project[Symbol.dispose]())

const lockAll = () =>
  lockPrompts(
    project.root,
    surveyPrompts(project.root).prompts.flatMap(({ versions }) => versions),
  )
const found = async (status: string) =>
  (await checkPrompts(project.root))
    .filter((check) => check.status === status)
    .map(({ name, detail }) => `${name}: ${detail}`)

describe('checkPrompts', () => {
  it('is content with a project in order', async () => {
    expect(await checkPrompts(project.root)).toEqual([
      { area: 'Prompts', name: 'registry', status: 'ok', detail: '1 prompt configured' },
      { area: 'Prompts', name: 'greet', status: 'ok', detail: '1.0.0, 1.1.0' },
    ])
  })

  it('is content with a project without prompts', async () => {
    project.remove('config/prompts.yaml')
    expect(await found('ok')).toEqual(['registry: the project has no prompts (config/prompts.yaml)'])
  })

  it('names each mistake with file, line and a fix', async () => {
    project.remove('prompts/greet/v1.1.0.md')
    project.write('prompts/greet/v1.0.0.md', '---\nversion: 1.0.0\n---\n{name!r}')
    const checks = await checkPrompts(project.root)
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([
      {
        area: 'Prompts',
        name: 'greet',
        status: 'fail',
        detail:
          'prompts/greet/v1.0.0.md:4:1 {name…} has a conversion or format specification, which templates do not have',
        fix: expect.stringContaining('write {name}'),
      },
      {
        area: 'Prompts',
        name: 'greet',
        status: 'fail',
        detail:
          'config/prompts.yaml:5:16 version 1.1.0 names prompts/greet/v1.1.0.md, and there is no such file',
        fix: 'Restore the file, or remove the version from the registry.',
      },
    ])
  })

  it('names the place of a registry that cannot be read', async () => {
    project.write('config/prompts.yaml', 'promts: {}')
    expect(await found('fail')).toEqual(['registry: config/prompts.yaml:1:1 unknown key "promts"'])
  })

  it('fails when a locked version changed or is gone, whatever its line ends', async () => {
    lockAll()
    expect(await found('ok')).toContain('prompts.lock: 2 released versions unchanged')
    project.write('prompts/greet/v1.0.0.md', '---\r\nversion: 1.0.0\r\n---\r\n\r\nHello {name}\r\n')
    expect(await found('fail')).toEqual([])
    project.prompt('greet', '1.0.0', 'Hallo {name}')
    project.write('config/prompts.yaml', registryYaml('greet', ['1.0.0']))
    expect(await found('fail')).toEqual([
      'registry: prompts/greet/v1.0.0.md greet@1.0.0 was released and has changed',
      'registry: prompts.lock greet@1.1.0 was released and is gone; runs that recorded it cannot go on',
    ])
  })

  it('advises to lock what production uses', async () => {
    project.write(
      'config/prompts.yaml',
      registryYaml('greet', ['1.0.0'], '    labels: { production: 1.0.0 }'),
    )
    expect(await found('warn')).toContain(
      'prompts.lock: greet has a production label, and no version is locked',
    )
  })

  it('warns of what is probably not meant', async () => {
    project.prompt(
      'greet',
      '1.1.0',
      '<!-- sytem -->\nHello {first name} {last-name} {{ok-so}} {"a": {b}}',
      'inputs: [a, b]\n',
    )
    project.prompt('greet', '1.2.0', 'not listed')
    expect(await found('warn')).toEqual([
      'greet: prompts/greet/v1.2.0.md the file is not listed in config/prompts.yaml',
      'greet: prompts/greet/v1.1.0.md inputs names a, which the template does not use',
      'greet: prompts/greet/v1.1.0.md:6:1 the comment sytem is no mark of a message',
      'greet: prompts/greet/v1.1.0.md:7:20 {last-name} looks like a variable and is text',
    ])
  })
})

describe('prompts.lock', () => {
  it('is sorted text that is read back as it was written', () => {
    const lock = new Map([
      ['b@1.0.0', 'b'.repeat(64)],
      ['a@1.10.0', 'a'.repeat(64)],
    ])
    const text = printLock(lock)
    expect(text).toContain(`a@1.10.0 sha256-${'a'.repeat(64)}\nb@1.0.0 sha256-`)
    expect(new Map(parseLock(text.replaceAll('\n', '\r\n')))).toEqual(new Map([...lock].toSorted()))
  })

  it('refuses a line that a merge left behind', () => {
    expect(() => parseLock('# x\n<<<<<<< HEAD\n')).toThrow('prompts.lock:2:1 the line is not of the form')
  })

  it('adds what is new, and refuses to lock again what has changed', () => {
    expect(lockAll().added).toEqual(['greet@1.0.0', 'greet@1.1.0'])
    expect(lockAll().added).toEqual([])
    project.prompt('greet', '1.1.0', 'Other words, {name}')
    expect(lockAll).toThrow(
      expect.objectContaining({ code: 'PROMPT_LOCKED', file: 'prompts/greet/v1.1.0.md' }),
    )
  })
})
