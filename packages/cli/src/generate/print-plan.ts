import { renderDiff, type FileChange, type FilePlan } from '@rgen/plop'
import type { Io, Style } from '../io.ts'

const colours = {
  create: 'green',
  update: 'yellow',
  keep: 'dim',
  skip: 'dim',
  conflict: 'red',
} as const satisfies Record<FileChange['kind'], keyof Style>

/** What a plan did or would do: a line a file, and what to do next. */
export function printPlan(
  plan: FilePlan,
  {
    detail,
    io,
    written,
  }: { readonly detail: 'minimal' | 'diff'; readonly io: Io; readonly written: boolean },
): string {
  const { style } = io.stdout
  const lines = plan.changes.map((change) => {
    const line = `${style[colours[change.kind]](change.kind.padStart(10))}  ${change.path}\n`
    return detail === 'diff' ? line + colourDiff(renderDiff(change), style) : line
  })
  const unchanged = plan.changes.every(({ kind }) => kind === 'keep')
  const next = plan.next.map((step) => `  ${style.cyan(step)}\n`).join('')
  const end = written
    ? next && `\n${style.bold('Next')}\n${next}`
    : `\n${unchanged ? 'Everything is already as it should be' : 'Nothing was written'}.\n`
  return lines.join('') + end
}

function colourDiff(diff: string, style: Style): string {
  return diff
    .replace(/^\+(?!\+\+).*$/gm, (line) => style.green(line))
    .replace(/^-(?!--).*$/gm, (line) => style.red(line))
}

/** The same for a program. */
export function planAsJson(plan: FilePlan, { written }: { readonly written: boolean }): string {
  const { command, next } = plan
  const changes = plan.changes.map(({ kind, path }) => ({ kind, path }))
  return `${JSON.stringify({ command, changes, next, written }, null, 2)}\n`
}
