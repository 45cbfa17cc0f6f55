// Golden outputs: fixtures/<generator>/<case>/answers.yaml says what is asked, expected/ holds every file that the plan
// writes. UPDATE_GOLDENS=1 writes expected/ anew; the difference is for a person to read.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { check } from 'prettier'
import { parse } from 'yaml'
import { loadContext } from '../src/context.ts'
import { planProject } from '../src/generators/project.ts'
import type { ProjectRequest } from '../src/generators/requests.ts'
import { generators } from '../src/generators/table.ts'
import { afterPlan, snapshotOf, type ProjectSnapshot } from '../src/plan/snapshot.ts'
import type { FilePlan } from '../src/plan/plan.ts'

interface Case {
  /** What the project has before: requests of other generators, in order. */
  readonly before?: readonly { readonly generator: string; readonly answers: Record<string, unknown> }[]
  readonly answers: Record<string, unknown>
}

const fixtures = fileURLToPath(new URL('../../../fixtures', import.meta.url))
// A version of its own, so that a release changes no golden file.
const context = {
  ...loadContext(),
  version: '0.0.0',
  renderKong: (router: string) => `# made from ${router.split('\n').length} lines\n`,
}
const update = process.env.UPDATE_GOLDENS === '1'

function planOf(generator: string, answers: Record<string, unknown>, project: ProjectSnapshot): FilePlan {
  if (generator === 'project') return planProject(answers as ProjectRequest, context)
  const found = generators.find((one) => one.name === generator)
  if (found === undefined) throw new Error(`There is no generator ${generator}.`)
  return found.plan(answers, project, context)
}

function written(plan: FilePlan): Record<string, string> {
  return Object.fromEntries(
    plan.changes.flatMap((change) => {
      if (change.kind === 'create') return [[change.path, change.content]]
      return change.kind === 'update' ? [[change.path, change.after]] : []
    }),
  )
}

function readExpected(folder: string): Record<string, string> {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const full = join(entry.parentPath, entry.name)
        return [relative(folder, full).replaceAll('\\', '/'), readFileSync(full, 'utf8')]
      }),
  )
}

const names = ['project', ...generators.map((generator) => generator.name)]

describe.each(names)('%s', (generator) => {
  const folder = join(fixtures, generator)
  const cases = readdirSync(folder)

  it('has golden cases', () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  describe.each(cases)('%s', (name) => {
    const { before = [], answers } = parse(readFileSync(join(folder, name, 'answers.yaml'), 'utf8')) as Case
    const project = before.reduce(
      (current, one) => afterPlan(current, planOf(one.generator, one.answers, current)),
      snapshotOf(),
    )
    const plan = planOf(generator, answers, project)
    const expected = join(folder, name, 'expected')
    if (update) {
      rmSync(expected, { recursive: true, force: true })
      for (const [path, content] of Object.entries(written(plan))) {
        mkdirSync(dirname(join(expected, path)), { recursive: true })
        writeFileSync(join(expected, path), content)
      }
    }

    it('writes what is expected', () => {
      expect(written(plan)).toEqual(readExpected(expected))
    })

    it('changes nothing when it is run again', () => {
      const again = planOf(generator, answers, afterPlan(project, plan))
      if (generator === 'project') {
        expect(written(again)).toEqual(written(plan))
        return
      }
      expect(again.changes.filter((change) => change.kind !== 'keep')).toEqual([])
    })

    it('writes code as prettier would', async () => {
      const unformatted = []
      for (const [path, content] of Object.entries(written(plan)))
        if (/\.(?:ts|js|json|yaml|yml|md)$/.test(path) && !(await check(content, { filepath: path })))
          unformatted.push(path)
      expect(unformatted).toEqual([])
    })
  })
})
