import { importLine } from './layout.ts'
import type { Lines } from './layout.ts'
import type { PipelineModel } from './model.ts'
import type { EmittedFile, ModelPlacement } from './options.ts'

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

/** The files of models, for the placements that have some. */
export function modelFiles(model: PipelineModel, placement: ModelPlacement | undefined): EmittedFile[] {
  const { file, types } = model
  const header = '// This file is yours: rgen created it once and leaves it alone.'
  const zod = 'import { z } from "zod";'
  if (placement === undefined) return []
  if (placement === 'external') {
    return [userFile(file, [header, zod, '', ...inputSchema(model), '', ...tokenSchema(model)])]
  }
  const inputImport = `import { ${types.input} } from "./${file}-input.ts";`
  return [
    userFile(`${file}-input`, [header, zod, '', ...inputSchema(model)]),
    userFile(`${file}-token`, [
      header,
      'import type { z } from "zod";',
      inputImport,
      '',
      ...tokenSchema(model),
    ]),
  ]
}

function userFile(name: string, lines: Lines): EmittedFile {
  return { path: `src/models/${name}.ts`, content: `${lines.join('\n')}\n`, owner: 'user' }
}
