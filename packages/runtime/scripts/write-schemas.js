// Writes the JSON Schema of each configuration file into the package, so that editors can check and complete it:
//   # yaml-language-server: $schema=../node_modules/@rgen/runtime/dist/schemas/tools.json
import { mkdirSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { llmRouterConfig } from '../dist/llm/config.js'
import { promptsConfig } from '../dist/prompts/config.js'
import { settingsSchema } from '../dist/settings/settings.js'
import { toolsConfig } from '../dist/tools/config/schema.js'

const files = {
  settings: settingsSchema,
  llm_router: llmRouterConfig,
  tools: toolsConfig,
  prompts: promptsConfig,
}

mkdirSync('dist/schemas', { recursive: true })
for (const [name, schema] of Object.entries(files)) {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: allowVariables })
  writeFileSync(
    `dist/schemas/${name}.json`,
    `${JSON.stringify({ title: `config/${name}.yaml`, ...json }, null, 2)}\n`,
  )
}

/** Where a file wants a number, true or false, or one of some words, it may also say `${VARIABLE}`. */
function allowVariables({ jsonSchema }) {
  const { type, enum: words, default: preset, description, ...bounds } = jsonSchema
  const isPlain = ['number', 'integer', 'boolean'].includes(type) || words !== undefined
  if (!isPlain || bounds.anyOf !== undefined) return
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  const exact = { ...(type && { type }), ...(words && { enum: words }), ...bounds }
  Object.assign(jsonSchema, {
    anyOf: [exact, { type: 'string', pattern: '\\$\\{' }],
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
  })
}
