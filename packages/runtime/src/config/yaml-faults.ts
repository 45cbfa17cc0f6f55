import type { ErrorCode } from 'yaml'

interface Fault {
  readonly message: string
  readonly hint?: string
}

const other: Fault = { message: 'this is not well-formed YAML' }

/**
 * Our own words for each error of the YAML parser. Its messages quote the source, which may be a key that
 * somebody pasted into the wrong place.
 */
const faults: Partial<Record<ErrorCode, Fault>> = {
  BAD_ALIAS: { message: 'an alias (*) is not well formed' },
  BAD_DQ_ESCAPE: {
    message: 'a text in double quotes has an unknown escape',
    hint: 'Use single quotes, or double the backslash.',
  },
  BAD_INDENT: { message: 'the indentation does not fit what stands above' },
  BAD_SCALAR_START: {
    message: 'a value begins with a character that YAML reserves',
    hint: 'Put the value in quotes.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second ": " on one line',
    hint: 'Put the value in quotes, or begin a new line.',
  },
  MISSING_CHAR: { message: 'a closing quote, bracket or colon is missing' },
  MULTILINE_IMPLICIT_KEY: { message: 'a ":" is missing after a key' },
  MULTIPLE_DOCS: { message: 'the file holds more than one document', hint: 'Remove the line "---".' },
  RESOURCE_EXHAUSTION: { message: 'the file is nested too deeply' },
  TAB_AS_INDENT: { message: 'a tab is used as indentation', hint: 'Indent with spaces.' },
  TAG_RESOLVE_FAILED: { message: 'a tag (!) that is not supported here', hint: 'Write the plain value.' },
  UNEXPECTED_TOKEN: { message: 'unexpected text', hint: 'Check the indentation and quotes of this line.' },
}

/** What is wrong according to the parser's error code, without quoting the source. */
export function describeYamlFault(code: ErrorCode): Fault {
  return faults[code] ?? other
}
