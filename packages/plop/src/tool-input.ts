import { GenerateError } from './errors.ts'

/** One argument of a tool, from `max:number?`. */
export interface ToolArgument {
  readonly name: string
  readonly optional: boolean
  /** The zod schema, as code. */
  readonly schema: string
  /** A value that the schema takes, as code. */
  readonly sample: string
}

const types = new Map([
  ['string', { schema: 'z.string()', sample: '"hello"' }],
  ['number', { schema: 'z.number()', sample: '1.5' }],
  ['integer', { schema: 'z.int()', sample: '3' }],
  ['boolean', { schema: 'z.boolean()', sample: 'true' }],
  ['date', { schema: 'z.iso.date()', sample: '"2026-01-31"' }],
  ['url', { schema: 'z.url()', sample: '"https://example.org/"' }],
  ['object', { schema: 'z.record(z.string(), z.unknown())', sample: '{ key: "value" }' }],
])

const part = /^(?<name>[A-Za-z]\w*):(?<type>[a-z]+)(?<many>\[\])?(?<optional>\?)?$/

/**
 * Reads what a tool takes: `query:string max:number? tags:string[]`.
 *
 * @throws {GenerateError} `GEN_INPUT_SPEC` naming the part that is wrong.
 */
export function parseToolInput(text: string): readonly ToolArgument[] {
  const found = new Map<string, ToolArgument>()
  for (const word of text.split(/[\s,]+/).filter((one) => one !== '')) {
    const { name = '', type = '', many, optional } = part.exec(word)?.groups ?? {}
    const known = types.get(type)
    if (known === undefined) throw inputError(`${JSON.stringify(word)} is not an argument of a tool.`)
    if (name in {})
      throw inputError(`${name} cannot be the name of an argument: every object of JavaScript has it.`)
    if (found.has(name)) throw inputError(`The argument ${name} is there twice.`)
    const schema = many === undefined ? known.schema : `z.array(${known.schema})`
    found.set(name, {
      name,
      optional: optional !== undefined,
      schema: optional === undefined ? schema : `${schema}.optional()`,
      sample: many === undefined ? known.sample : `[${known.sample}]`,
    })
  }
  return [...found.values()]
}

function inputError(message: string): GenerateError {
  const names = [...types.keys()].join(', ')
  return new GenerateError('GEN_INPUT_SPEC', `--input: ${message}`, {
    hint: `Write "query:string max:number? tags:string[]". Types: ${names}.`,
  })
}
