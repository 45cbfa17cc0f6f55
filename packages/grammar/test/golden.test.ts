import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import * as prettier from 'prettier'
import {
  check,
  emitDot,
  emitMermaid,
  emitText,
  emitTypeScript,
  missingResources,
  parse,
  print,
} from '../src/index.ts'
import type { EmitTypeScriptOptions, Plan, Resource } from '../src/index.ts'

// One folder a case: `expression`, perhaps `project.json`, and what comes of it in `expected/`.
// UPDATE_GOLDENS=1 writes what came, for a person to read in the diff.

const fixtures = fileURLToPath(new URL('../../../fixtures/grammar', import.meta.url))
const cases = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

interface Project {
  readonly resources?: readonly Resource[]
  readonly options?: Partial<EmitTypeScriptOptions>
}

const defaults = {
  startToCloseTimeout: '2 minutes',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 6,
  },
}

function outcome(folder: string): Map<string, string> {
  const expression = readFileSync(join(folder, 'expression'), 'utf8')
  const projectFile = join(folder, 'project.json')
  const project: Project = existsSync(projectFile) ? JSON.parse(readFileSync(projectFile, 'utf8')) : {}
  const tree = parse(expression)
  const plan = planFor(tree, project.resources ?? [])
  const files = emitTypeScript(plan, { name: 'Demo', defaults, ...project.options })
  return new Map([
    ['canonical', `${print(tree)}\n`],
    ['tree.txt', emitText(plan)],
    ['picture.mmd', emitMermaid(plan)],
    ['picture.dot', emitDot(plan)],
    ...files.map((file): [string, string] => [file.path, file.content]),
  ])
}

/** What the project lacks is there as if it had been scaffolded. */
function planFor(tree: ReturnType<typeof parse>, resources: readonly Resource[]): Plan {
  const first = check(tree, { resources })
  if (first.ok) return first.plan
  const second = check(tree, {
    resources: [...resources, ...missingResources(first.diagnostics, 'subworkflows')],
  })
  if (!second.ok) throw new Error(second.diagnostics.map((each) => each.message).join('\n'))
  return second.plan
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()
}

describe.each(cases)('fixtures/grammar/%s', (name) => {
  const folder = join(fixtures, name)
  const expected = join(folder, 'expected')
  const actual = outcome(folder)

  if (process.env['UPDATE_GOLDENS'] === '1') {
    rmSync(expected, { recursive: true, force: true })
    for (const [path, content] of actual) {
      mkdirSync(dirname(join(expected, path)), { recursive: true })
      writeFileSync(join(expected, path), content)
    }
  }

  it('gives the files that are expected, and no others', () => {
    expect([...actual.keys()].sort()).toEqual(filesBelow(expected))
  })

  it.each([...actual])('gives %s as expected', (path, content) => {
    expect(content).toBe(readFileSync(join(expected, path), 'utf8'))
  })

  it.each([...actual].filter(([path]) => path.endsWith('.ts')))(
    'lays %s out as prettier does',
    async (_path, content) => {
      expect(await prettier.format(content, { parser: 'typescript' })).toBe(content)
    },
  )
})
