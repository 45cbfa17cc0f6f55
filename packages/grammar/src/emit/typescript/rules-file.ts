import { array, brief, call, constant, docComment, fitting, indented, quoted } from './layout.ts'
import type { Lines } from './layout.ts'
import { EXAMPLE, exampleInput, inputSchema, tokenImport, tokenSchema } from './models-file.ts'
import type { UserFileOptions } from './models-file.ts'
import type { PipelineModel } from './model.ts'
import type { ModelPlacement } from './options.ts'
import { exportsName, extended, mentions } from './user-file.ts'

/** A rule of the user's file: its export, and the lines that define its default. */
interface Rule {
  readonly name: string
  readonly lines: Lines
  readonly uses: 'Progress' | 'MergeRules'
}

/**
 * The user's rules: created with working defaults. When it exists, it stays as it is, and only what a changed
 * expression needs and the file lacks is added.
 *
 * @returns undefined when the pipeline needs no such file.
 */
export function rulesFile(
  model: PipelineModel,
  { placement, existing, withExample }: UserFileOptions,
): string | undefined {
  const holdsSchemas = placement === undefined
  const example = holdsSchemas && withExample ? [exampleInput(model)] : []
  const rules = rulesOf(model)
  if (existing !== undefined) {
    const missing = rules.filter(({ name }) => !exportsName(existing, name))
    const sections = [
      ...(exportsName(existing, EXAMPLE) ? [] : example),
      ...missing.map((rule) => rule.lines),
    ]
    return sections.length === 0
      ? existing
      : extended(existing, imports(model, placement, missing, existing), sections)
  }
  if (!holdsSchemas && rules.length === 0) return undefined
  const header = `// The rules of the pipeline ${model.title}. This file is yours: rgen created it once, and never changes what stands here.`
  const sections: Lines[] = [
    [header, ...imports(model, placement, rules)],
    ...(holdsSchemas ? [inputSchema(model), ...example, tokenSchema(model)] : []),
    ...rules.map((rule) => rule.lines),
  ]
  return `${sections.map((section) => section.join('\n')).join('\n\n')}\n`
}

/** What the lines of rules need that the file, as far as it exists, does not have. */
function imports(
  model: PipelineModel,
  placement: ModelPlacement | undefined,
  rules: readonly Rule[],
  existing = '',
): Lines {
  const used = [...new Set(rules.map(({ uses }) => uses))].sort()
  const types = used.filter((name) => !mentions(existing, name))
  const needsToken = used.includes('Progress') && !mentions(existing, model.types.token)
  return [
    ...(types.length > 0 ? [`import type { ${types.join(', ')} } from "@rgen/runtime/workflow";`] : []),
    ...(placement === undefined && existing === '' ? ['import { z } from "zod";'] : []),
    ...(needsToken ? tokenImport(model, placement) : []),
  ]
}

function rulesOf(model: PipelineModel): Rule[] {
  const loops = [...new Set(model.loops.values())].map(({ rule, text }) =>
    flagRule(
      model,
      rule,
      ['done', 'approved'],
      `${brief(text)} ends when the latest result has one of these set to true.`,
    ),
  )
  const conditions = [...model.conditions.values()].map(({ rule, text, flags }) =>
    flagRule(model, rule, flags, `${brief(text)} holds when the latest result has one of these set to true.`),
  )
  const merges = new Map([...model.parallels.values()].map(({ rule, text }) => [rule, text]))
  return [...loops, ...conditions, ...[...merges].map(([rule, text]) => mergeRule(rule, text))]
}

function flagRule({ types }: PipelineModel, name: string, flags: readonly string[], about: string): Rule {
  const flagsName = `${name}Flags`
  return {
    name,
    uses: 'Progress',
    lines: [
      ...docComment([about]),
      ...flagList(flagsName, flags),
      '',
      ...ruleSignature(name, types.token),
      ...indented(call(1, `return ${flagsName}.some`, ['(flag) => result[flag] === true'])),
      '}',
    ],
  }
}

function flagList(name: string, flags: readonly string[]): Lines {
  const lines = array(0, `const ${name} = `, flags.map(quoted), ';')
  const longHead = lines.length > 1 && (lines[0] ?? '').length > 80
  return longHead ? [`const ${name} =`, ...indented(array(1, '', flags.map(quoted), ';'))] : lines
}

/** A destructured parameter opens like an object when the line is too long. */
function ruleSignature(name: string, token: string): Lines {
  return fitting(0, [
    () => [`export function ${name}({ result }: Progress<${token}>): boolean {`],
    () => [`export function ${name}({`, '  result,', `}: Progress<${token}>): boolean {`],
  ])
}

function mergeRule(name: string, text: string): Rule {
  return {
    name,
    uses: 'MergeRules',
    lines: [
      '/**',
      ` * ${brief(text)}: what to do when branches wrote different values to one key. Without a rule that is`,
      ' * an error; a rule is, for example, `sources: (lists) => lists.flat()`.',
      ' */',
      ...constant(`export const ${name}: MergeRules`, '{}'),
    ],
  }
}
