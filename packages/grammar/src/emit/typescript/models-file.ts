import { importLine } from './layout.ts'
import type { Lines } from './layout.ts'
import type { PipelineModel } from './model.ts'
import type { EmittedFile, ModelPlacement } from './options.ts'
import { exportsName, extended } from './user-file.ts'

// The schemas of what flows belong to the user. They stand in the rules file, in one file of models, or in a file
// each, as --models says.

/** How the compiled file names a type of the models. */
export function typeName(name: string, placement: ModelPlacement | undefined): string {
  return placement === undefined ? `rules.${name}` : name
}

/** The specifier by which a compiled workflow imports a module of `src/`. */
export function moduleOf(file: string): string {
  return file.startsWith('workflows/') ? `./${file.slice('workflows/'.length)}` : `../${file}`
}

/** What the compiled file imports for its types. */
export function modelImports({ file, types }: PipelineModel, placement: ModelPlacement | undefined): Lines {
  if (placement === undefined) return []
  if (placement === 'external') return importLine([types.input, types.token], `../models/${file}.ts`)
  return [
    `import { ${types.input} } from "../models/${file}-input.ts";`,
    `import { ${types.token} } from "../models/${file}-token.ts";`,
  ]
}

/** The import by which the rules file gets the token's type, if it does not define it. */
export function tokenImport({ file, types }: PipelineModel, placement: ModelPlacement | undefined): Lines {
  if (placement === undefined) return []
  const suffix = placement === 'external' ? '' : '-token'
  return [`import type { ${types.token} } from "../models/${file}${suffix}.ts";`]
}

/** The schema of what a pipeline is given. */
export function inputSchema({ title, types }: PipelineModel): Lines {
  return [
    `/** What the pipeline ${title} is given. Fields that are not named here pass as they are. */`,
    `export const ${types.input} = z.looseObject({});`,
    `export type ${types.input} = z.infer<typeof ${types.input}>;`,
  ]
}

/** The schema of what flows. */
export function tokenSchema({ types }: PipelineModel): Lines {
  return [
    '/** What flows from step to step: the input, and what steps add to it (make that optional). */',
    `export const ${types.token} = ${types.input}.extend({});`,
    `export type ${types.token} = z.infer<typeof ${types.token}>;`,
  ]
}

/** The export that holds what a pipeline's test gives it. */
export const EXAMPLE = 'exampleInput'

/** Only the user knows what the input needs, so what the generated test gives the pipeline is the user's too. */
export function exampleInput({ types }: PipelineModel): Lines {
  return [
    `/** What the pipeline's test gives it: name here what ${types.input} requires. */`,
    `export const ${EXAMPLE}: ${types.input} = {};`,
  ]
}

/** The placement that a pipeline was given before: its files of models tell. */
export function placementIn(
  existing: ReadonlyMap<string, string>,
  { file }: PipelineModel,
): ModelPlacement | undefined {
  if (existing.has(modelPath(file))) return 'external'
  return existing.has(modelPath(`${file}-input`)) ? 'split' : undefined
}

/** What the writers of the user's files are told. */
export interface UserFileOptions {
  readonly placement: ModelPlacement | undefined
  /** The file as it is, if it exists. */
  readonly existing: string | undefined
  /** Whether there is a test, which needs an example. */
  readonly withExample: boolean
}

/** The files of models, for the placements that have some. */
export function modelFiles(
  model: PipelineModel,
  { placement, withExample }: Omit<UserFileOptions, 'existing'>,
  existing: ReadonlyMap<string, string>,
): EmittedFile[] {
  const { file, types } = model
  const header = '// This file is yours: rgen created it once, and never changes what stands here.'
  const zod = 'import { z } from "zod";'
  const example = withExample ? exampleInput(model) : []
  const input = [inputSchema(model), ...(withExample ? [example] : [])]
  if (placement === undefined) return []
  if (placement === 'external') {
    return [userFile(file, [[header, zod], ...input, tokenSchema(model)], example, existing)]
  }
  const inputImport = `import { ${types.input} } from "./${file}-input.ts";`
  return [
    userFile(`${file}-input`, [[header, zod], ...input], example, existing),
    userFile(
      `${file}-token`,
      [[header, 'import type { z } from "zod";', inputImport], tokenSchema(model)],
      [],
      existing,
    ),
  ]
}

function userFile(
  name: string,
  sections: readonly Lines[],
  example: Lines,
  existing: ReadonlyMap<string, string>,
): EmittedFile {
  const path = modelPath(name)
  const text = existing.get(path)
  if (text === undefined)
    return { path, content: `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`, owner: 'user' }
  const isComplete = example.length === 0 || exportsName(text, EXAMPLE)
  return { path, content: isComplete ? text : extended(text, [], [example]), owner: 'user' }
}

function modelPath(name: string): string {
  return `src/models/${name}.ts`
}
