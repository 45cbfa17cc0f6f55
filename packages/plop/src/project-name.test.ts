import { describe, expect, it } from '@jest/globals'
import { checkProjectName, projectFolder } from './project-name.ts'

describe('checkProjectName', () => {
  it.each(['research-desk', 'desk2', '1abc', 'class', 'constructor', '@acme/desk', 'a'.repeat(214)])(
    'takes %s, as npm does',
    (name) => {
      expect(checkProjectName(name)).toBe(name)
    },
  )

  it.each([
    ['', 'it is empty'],
    ['.x', 'it cannot start with a period'],
    ['../x', 'it cannot start with a period'],
    ['@acme/..', 'it cannot start with a period'],
    ['-x', 'it cannot start with a hyphen'],
    ['a/b', 'URL-friendly'],
    ['a b', 'URL-friendly'],
    ['🦄', 'URL-friendly'],
    ['Research', 'capital letters'],
    ['a~b', 'special characters'],
    ['http', 'core module'],
    ['node_modules', 'not a valid package name'],
    ['a'.repeat(215), '214 characters'],
  ])('refuses %j, as npm does: %s', (name, why) => {
    expect(() => checkProjectName(name)).toThrow(
      expect.objectContaining({ code: 'GEN_PROJECT_NAME', message: expect.stringContaining(why) }),
    )
  })

  it.each(['con', 'nul.txt', 'desk.', '@acme/-x'])(
    'refuses %j, which npm takes and a folder does not',
    (name) => {
      expect(() => checkProjectName(name)).toThrow(expect.objectContaining({ code: 'GEN_PROJECT_NAME' }))
    },
  )

  it.each([
    ['ResearchDesk', 'research-desk'],
    ['../x', 'x'],
    ['http', 'http-desk'],
    ['a'.repeat(300), 'a'.repeat(60)],
  ])('proposes a name that would do for %j', (name, better) => {
    expect(() => checkProjectName(name)).toThrow(expect.objectContaining({ hint: `How about ${better}?` }))
  })

  it('proposes nothing where no letter is left', () => {
    expect(() => checkProjectName('🦄')).toThrow(
      expect.objectContaining({ hint: 'Choose a name such as research-desk.' }),
    )
  })
})

describe('projectFolder', () => {
  it('leaves the scope out', () => {
    expect(projectFolder('@acme/desk')).toBe('desk')
    expect(projectFolder('desk')).toBe('desk')
  })
})
