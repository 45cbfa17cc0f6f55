import { describe, expect, it } from '@jest/globals'
import { recordIo } from './io.fixture.ts'
import { parseJson, readInput } from './json-input.ts'
import { reportOf } from './error-report.ts'
import { printError } from './print-error.ts'

async function printed(text: string): Promise<string> {
  const io = recordIo()
  try {
    parseJson(text, '<input>')
  } catch (error) {
    printError(await reportOf(error), io.stderr)
  }
  return io.err()
}

describe('parseJson', () => {
  it('points at the mistake', async () => {
    expect(await printed('{"topic": "a",}')).toBe(
      [
        '✖ The input is no JSON: unexpected }, expected a key in double quotes',
        '  <input>:1:15',
        '  1 | {"topic": "a",}',
        '    |               ^',
        `  JSON looks like '{"topic": "lighthouses"}'. A text alone stands in quotes: '"hello"'`,
        '  CLI_INVALID_JSON',
        '',
      ].join('\n'),
    )
  })

  it('knows what a shell does to quotes', async () => {
    expect(await printed('{topic: a}')).toContain('The shell took the double quotes away')
  })
})

describe('readInput', () => {
  it('reads standard input for "-", and refuses two inputs', async () => {
    const io = recordIo({ stdin: '{"a": 1}' })
    expect(await readInput({ text: undefined, name: '<input>' }, '-', io)).toEqual({ a: 1 })
    await expect(readInput({ text: '1', name: '<input>' }, '-', io)).rejects.toMatchObject({
      code: 'CLI_INVALID_VALUE',
    })
    await expect(readInput({ text: undefined, name: '<input>' }, 'no.json', io)).rejects.toMatchObject({
      message: '--input-file no.json cannot be read',
    })
  })
})
