import { createTwoFilesPatch } from 'diff'
import type { FileChange, FilePlan } from './plan.ts'

/**
 * A plan as text.
 *
 * @param detail `minimal`: one line a file, what happens and where. `diff`: a unified diff after each line.
 * @example
 * renderPreview(plan, 'minimal')
 * //   create  src/agents/research.ts
 * //   update  src/agents/index.ts
 */
export function renderPreview(plan: FilePlan, detail: 'minimal' | 'diff'): string {
  const lines = plan.changes.map((change) => {
    const line = `${change.kind.padStart(10)}  ${change.path}\n`
    return detail === 'diff' ? line + renderDiff(change) : line
  })
  return lines.join('')
}

/** The change as a unified diff; empty when nothing would be written. */
export function renderDiff(change: FileChange): string {
  const [before, after] = sides(change)
  if (before === after) return ''
  const patch = createTwoFilesPatch(
    change.kind === 'create' ? '/dev/null' : `a/${change.path}`,
    `b/${change.path}`,
    before,
    after,
    undefined,
    undefined,
    { context: 3 },
  )
  return patch.replace(/^=+\n/, '')
}

function sides(change: FileChange): [before: string, after: string] {
  if (change.kind === 'create') return ['', change.content]
  if (change.kind === 'update') return [change.before, change.after]
  if (change.kind === 'conflict') return [change.existing, change.planned]
  return ['', '']
}
