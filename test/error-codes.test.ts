import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Which family of codes belongs to which heading of docs/errors.md. */
const families: Record<string, RegExp> = {
  '@rgen/grammar': /'([EV]_[A-Z_]+)'/g,
  '@rgen/engine': /'(ENGINE_[A-Z_]+)'/g,
  // The rest are variables of the environment, under the names that Temporal's own tools use.
  '@rgen/temporal': /'(TEMPORAL_(?!ADDRESS|API_KEY|NAMESPACE|TLS)[A-Z_]+)'/g,
  '@rgen/runtime: LLM router': /'(LLM_[A-Z_]+)'/g,
  '@rgen/runtime: tools': /'(TOOL_[A-Z_]+)'/g,
  '@rgen/runtime: prompts': /'(PROMPT_[A-Z_]+)'/g,
  '@rgen/runtime: settings': /'(CONFIG_[A-Z_]+)'/g,
  '@rgen/runtime: pipelines': /'(PIPELINE_[A-Z_]+)'/g,
  '@rgen/plop': /'(GEN_[A-Z_]+)'/g,
  '@rgen/cli': /'(CLI_[A-Z_]+)'/g,
}

function sources(): string {
  return readdirSync(join(root, 'packages'))
    .flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
        .map((file) => readFileSync(join(root, 'packages', name, 'src', file), 'utf8')),
    )
    .join('\n')
}

function documented(): Map<string, string[]> {
  const sections = readFileSync(join(root, 'docs', 'errors.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')).trim(),
      [...section.matchAll(/^\| `?([A-Z]+_[A-Z_]+)`? /gm)].map((match) => match[1]!).sort(),
    ]),
  )
}

describe('docs/errors.md', () => {
  const code = sources()
  const pages = documented()

  it.each(Object.entries(families))(
    'lists the codes of %s that the code raises, and no others',
    (heading, pattern) => {
      const raised = [...new Set([...code.matchAll(pattern)].map((match) => match[1]!))].sort()
      expect(pages.get(heading)).toEqual(raised)
    },
  )

  it('has no heading that no family of codes belongs to', () => {
    expect([...pages.keys()]).toEqual(Object.keys(families))
  })
})
