import { describe, expect, it } from '@jest/globals'
import type { Command } from './command.ts'
import { commandHelp, printFlag, wrap } from './help.ts'
import { recordIo } from './io.fixture.ts'

const command: Command = {
  description: 'Does it.',
  arguments: [
    { name: 'name', description: 'What to do it to.', required: true },
    { name: 'input', description: 'With what.', required: false },
  ],
  options: {
    limit: { type: 'integer', default: 20, value: '<number>', description: 'At most so many.' },
    wait: { type: 'boolean', default: true, description: 'Only start it.' },
  },
  examples: [{ command: 'rgen do it', note: 'Do it.' }],
  run: async () => 0,
}

describe('commandHelp', () => {
  it('shows usage, arguments, flags with defaults, and examples', () => {
    expect(commandHelp('rgen do', command, recordIo().stdout)).toBe(`Usage
  rgen do <name> [input] [options]

  Does it.

Arguments
  name   What to do it to.
  input  With what.

Options
  --limit <number>  At most so many. Default: 20.
  --no-wait         Only start it.

Everywhere
  -h, --help          Show what the command does, with examples.
  -C, --cwd <folder>  Work in this folder.
  --no-color          Print without colours, as NO_COLOR=1 does.
  --debug             Show where in rgen an error arose.

Examples
  rgen do it
      Do it.
`)
  })
})

describe('printFlag', () => {
  it('shows how each kind of flag is written', () => {
    const description = ''
    expect(printFlag('dryRun', { type: 'optional-string', choices: ['minimal', 'diff'], description })).toBe(
      '--dry-run[=minimal|diff]',
    )
    expect(printFlag('yes', { type: 'boolean', short: 'y', description })).toBe('-y, --yes')
    expect(printFlag('wait', { type: 'boolean', default: true, description })).toBe('--no-wait')
    expect(printFlag('id', { type: 'string', description })).toBe('--id <value>')
  })
})

describe('wrap', () => {
  it('breaks at spaces, keeps paragraphs, and leaves long words whole', () => {
    expect(wrap('one two three four five six seven', 32, 2)).toBe('  one two three four five six\n  seven\n')
    expect(wrap('a\n\nb', 80, 2)).toBe('  a\n\n  b\n')
    expect(wrap('x'.repeat(60), 40, 0)).toBe(`${'x'.repeat(60)}\n`)
  })
})
