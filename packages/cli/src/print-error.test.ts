import { describe, expect, it } from '@jest/globals'
import { CliError, UsageError } from './cli-error.ts'
import { recordIo } from './io.fixture.ts'
import { reportOf } from './error-report.ts'
import { errorAsJson, printError } from './print-error.ts'

async function printed(
  thrown: unknown,
  options: { debug?: boolean; afterFailure?: string } = {},
): Promise<string> {
  const io = recordIo()
  printError(await reportOf(thrown), io.stderr, options)
  return io.err()
}

describe('printError', () => {
  it('says what, where with line and caret, what to do, and how the project stands', async () => {
    const error = Object.assign(
      new Error('Pipeline "Blog" does not parse: unexpected "→", expected a step after "⇄".'),
      {
        code: 'E_UNEXPECTED',
        hint: '⇄ joins two steps: DRAFT ⇄ REVIEW → PUBLISH',
        source: { name: '--operators', text: 'DRAFT ⇄ → PUBLISH' },
        position: { line: 1, column: 9 },
      },
    )
    expect(await printed(error, { afterFailure: 'nothing was written' })).toBe(
      [
        '✖ Pipeline "Blog" does not parse: unexpected "→", expected a step after "⇄".',
        '  --operators:1:9',
        '  1 | DRAFT ⇄ → PUBLISH',
        '    |         ^',
        '  ⇄ joins two steps: DRAFT ⇄ REVIEW → PUBLISH',
        '  E_UNEXPECTED · nothing was written',
        '',
      ].join('\n'),
    )
  })

  it('keeps tabs before the caret, so that it stands under its character', async () => {
    const error = new CliError('CLI_INVALID_JSON', 'No', {
      location: { name: 'a', line: 2, column: 3, text: 'x\n\ta b' },
    })
    expect(await printed(error)).toContain('  2 | \ta b\n    | \t ^\n')
  })

  it('suggests the word that was meant', async () => {
    const error = new UsageError('CLI_UNKNOWN_OPTION', 'There is no flag --frce here', {
      misspelling: { word: 'frce', candidates: ['force', 'json'], show: (name) => `--${name}` },
      hint: '`rgen g --help` lists the flags.',
    })
    expect(await printed(error)).toContain('  Did you mean --force? `rgen g --help` lists the flags.\n')
  })

  it('lists every problem of a configuration file with its place, and never its text', async () => {
    const problems = [
      {
        code: 'CONFIG_UNKNOWN_KEY',
        message: 'unknown key "transprt"',
        file: 'config/tools.yaml',
        line: 3,
        column: 5,
        hint: 'Did you mean "transport"?',
      },
      {
        code: 'CONFIG_INVALID',
        message: 'port must be a number',
        file: 'config/tools.yaml',
        line: 4,
        column: 11,
      },
    ]
    const error = Object.assign(new Error('all of it'), { ...problems[0], problems })
    expect(await printed(error)).toBe(
      [
        '✖ unknown key "transprt"',
        '  config/tools.yaml:3:5',
        '  Did you mean "transport"?',
        '✖ port must be a number',
        '  config/tools.yaml:4:11',
        '  CONFIG_UNKNOWN_KEY',
        '',
      ].join('\n'),
    )
  })

  it('tells the cause when it says more', async () => {
    const cause = new Error('topic is missing')
    expect(await printed(new Error('researchAgent failed', { cause }))).toBe(
      '✖ researchAgent failed\n  because: topic is missing\n',
    )
    expect(await printed(new Error('it failed: topic is missing', { cause }))).toBe(
      '✖ it failed: topic is missing\n',
    )
  })

  it('shows a stack only when asked, and survives whatever is thrown', async () => {
    expect(await printed(new Error('no'))).toBe('✖ no\n')
    expect(await printed(new Error('no'), { debug: true })).toContain('print-error.test')
    expect(await printed('text')).toBe('✖ text\n')
    expect(await printed(undefined)).toContain('✖ ')
  })
})

describe('errorAsJson', () => {
  it('carries code, message, hint, place and exit code', async () => {
    const error = new UsageError('CLI_INVALID_JSON', 'No', {
      hint: 'Do',
      location: { name: '<input>', line: 1, column: 2 },
    })
    expect(JSON.parse(errorAsJson(await reportOf(error), 'nothing was written'))).toEqual({
      error: {
        code: 'CLI_INVALID_JSON',
        message: 'No',
        hint: 'Do',
        file: '<input>',
        line: 1,
        column: 2,
        exitCode: 2,
        state: 'nothing was written',
      },
    })
  })
})
