import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from './cli-error.ts'
import type { Io } from './io.ts'
import { findJsonMistake } from './json-mistake.ts'

/**
 * The input of a run or an event: the JSON that was written as an argument, or a file's.
 *
 * @param written The argument, and its name for messages; undefined when it was not given.
 * @param file `--input-file`; `-` is standard input.
 * @returns undefined when neither was given.
 * @throws {UsageError} CLI_INVALID_JSON with a caret; CLI_INVALID_VALUE when the file cannot be read or both were given.
 */
export async function readInput(
  written: { readonly text: string | undefined; readonly name: string },
  file: string | undefined,
  io: Io,
): Promise<unknown> {
  if (file === undefined)
    return written.text === undefined ? undefined : parseJson(written.text, written.name)
  if (written.text !== undefined)
    throw new UsageError(
      'CLI_INVALID_VALUE',
      'The input is given twice: as an argument and as --input-file',
      {
        hint: 'Give one of them.',
      },
    )
  if (file === '-') return parseJson(await io.readStdin(), 'standard input')
  try {
    return parseJson(readFileSync(resolve(io.cwd, file), 'utf8'), file)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError('CLI_INVALID_VALUE', `--input-file ${file} cannot be read`, {
      hint: 'Name a file with JSON, from the folder you are in.',
      cause,
    })
  }
}

/**
 * Parses JSON, and points at the mistake when there is one.
 *
 * @param name What the text is called in messages: `<input>`.
 * @throws {UsageError} CLI_INVALID_JSON
 */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const mistake = findJsonMistake(text) ?? { offset: text.length, message: 'it is not JSON' }
    const before = text.slice(0, mistake.offset).split('\n')
    throw new UsageError('CLI_INVALID_JSON', `The input is no JSON: ${mistake.message}`, {
      location: { name, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, text },
      hint: hintFor(text),
      cause,
    })
  }
}

function hintFor(text: string): string {
  const example = `'{"topic": "lighthouses"}'`
  if (/^\s*\{\s*[A-Za-z_$]/.test(text))
    return `The shell took the double quotes away, or they were left out. Put JSON in single quotes: ${example}`
  return `JSON looks like ${example}. A text alone stands in quotes: '"hello"'`
}
