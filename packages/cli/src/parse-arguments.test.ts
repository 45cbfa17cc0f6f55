import { describe, expect, it } from '@jest/globals'
import type { Command } from './command.ts'
import { parseArguments } from './parse-arguments.ts'

const command = {
  arguments: [
    { name: 'Name', description: 'The agent.', required: true },
    { name: 'input', description: 'Its input.', required: false },
  ],
  options: {
    dryRun: {
      type: 'optional-string',
      choices: ['minimal', 'diff'],
      default: 'minimal',
      description: 'Show it.',
    },
    force: { type: 'boolean', short: 'f', description: 'Overwrite.' },
    wait: { type: 'boolean', default: true, description: 'Do not wait.' },
    limit: { type: 'integer', default: 20, description: 'At most so many.' },
    id: { type: 'string', value: '<id>', description: 'The id.' },
    map: { type: 'string', repeatable: true, description: 'Names.' },
    style: { type: 'string', choices: ['functions', 'subworkflows'], description: 'What a step is.' },
    noInput: { type: 'boolean', description: 'Ask nothing.' },
  },
} satisfies Pick<Command, 'arguments' | 'options'>

const parse = (...argv: string[]) => parseArguments(argv, command, 'rgen run')
const fails = (...argv: string[]) => {
  try {
    parse(...argv)
  } catch (error) {
    return error as Error & { code: string; hint?: string; exitCode: number; misspelling?: { word: string } }
  }
  throw new Error('it was taken')
}

describe('parseArguments', () => {
  it('gives what was not written its default', () => {
    expect(parse('A')).toEqual({
      arguments: ['A'],
      written: new Set(),
      options: {
        help: false,
        color: true,
        debug: false,
        cwd: undefined,
        dryRun: undefined,
        force: false,
        wait: true,
        limit: 20,
        id: undefined,
        map: [],
        style: undefined,
        noInput: false,
      },
    })
  })

  it('takes flags anywhere, in both spellings, and everything behind -- as it is', () => {
    expect(parse('--id', 'x', 'A', '-f', '--limit=3', '--', '--force')).toMatchObject({
      arguments: ['A', '--force'],
      options: { id: 'x', force: true, limit: 3 },
    })
  })

  it('turns booleans off with --no-, and knows a flag that is itself called --no-input', () => {
    expect(parse('A', '--no-wait', '--no-input').options).toMatchObject({ wait: false, noInput: true })
    expect(parse('A', '--wait=false').options).toMatchObject({ wait: false })
  })

  it('takes an optional value only behind the equals sign', () => {
    expect(parse('A', '--dry-run').options).toMatchObject({ dryRun: 'minimal' })
    expect(parse('A', '--dry-run=diff').options).toMatchObject({ dryRun: 'diff' })
    expect(fails('A', '{}', '--dry-run', 'diff').hint).toBe('Write --dry-run=diff, with the equals sign.')
  })

  it('collects a repeatable flag, commas included', () => {
    expect(parse('A', '--map', 'a:B', '--map=c:D, e:F').options).toMatchObject({ map: ['a:B', 'c:D', 'e:F'] })
  })

  it.each([
    [['A', '--frce'], 'CLI_UNKNOWN_OPTION', 'There is no flag --frce here'],
    [['A', '-x'], 'CLI_UNKNOWN_OPTION', 'There is no flag -x here'],
    [['A', '--dryRun'], 'CLI_UNKNOWN_OPTION', 'There is no flag --dryRun here'],
    [['A', '--__proto__=1'], 'CLI_UNKNOWN_OPTION', 'There is no flag --__proto__ here'],
    [['A', '--id'], 'CLI_MISSING_VALUE', '--id needs a value'],
    [['A', '--id', '--force'], 'CLI_MISSING_VALUE', '--id needs a value'],
    [['A', '--limit', 'many'], 'CLI_INVALID_VALUE', '--limit needs a whole number, got "many"'],
    [['A', '--limit', '1.5'], 'CLI_INVALID_VALUE', '--limit needs a whole number, got "1.5"'],
    [['A', '--style', 'function'], 'CLI_INVALID_VALUE', '--style cannot be "function"'],
    [['A', '--force=maybe'], 'CLI_INVALID_VALUE', '--force takes no value, got "maybe"'],
    [[], 'CLI_MISSING_ARGUMENT', '<Name> is missing: the agent'],
    [['A', '{}', 'C'], 'CLI_EXTRA_ARGUMENT', '"C" is one argument too many'],
  ])('refuses %j', (argv, code, message) => {
    expect(fails(...argv)).toMatchObject({ code, message, exitCode: 2 })
  })

  it('takes a negative number as a value', () => {
    expect(parse('A', '--limit', '-5').options).toMatchObject({ limit: -5 })
  })

  it('answers --help before anything is missed', () => {
    expect(parse('--help').options).toMatchObject({ help: true })
  })
})
