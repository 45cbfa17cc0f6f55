import { renderDiff, type FileChange, type FilePlan } from '@rgen/plop'
import type { Io, Style } from '../io.ts'

const colours = {
  create: 'green',
  update: 'yellow',
  keep: 'dim',
  skip: 'dim',
  conflict: 'red',
} as const satisfies Record<FileChange['kind'], keyof Style>

/**
 * What a plan did or would do, a line a file.
 *
 * @param how.end `written` adds what to do next, `kept` that nothing was written, `none` nothing.
 */
export function printPlan(
  plan: FilePlan,
  {
    detail,
    io,
    end,
  }: { readonly detail: 'minimal' | 'diff'; readonly io: Io; readonly end: 'written' | 'kept' | 'none' },
): string {
  const { style } = io.stdout
  const lines = plan.changes.map((change) => {
    const line = `${style[colours[change.kind]](change.kind.padStart(10))}  ${change.path}\n`
    return detail === 'diff' ? line + colourDiff(renderDiff(change), style) : line
  })
  return lines.join('') + printEnd(plan, end, style)
}

/** What a plan warns of, for standard error: each with a mark before its first line. */
export function printWarnings({ warnings = [] }: FilePlan, { stderr }: Io): string {
  return warnings.map((warning) => `${stderr.style.yellow('!')} ${warning}\n`).join('')
}

function printEnd(plan: FilePlan, end: 'written' | 'kept' | 'none', style: Style): string {
  if (end === 'none') return ''
  if (end === 'written') {
    const next = plan.next.map((step) => `  ${style.cyan(step)}\n`).join('')
    return next && `\n${style.bold('Next')}\n${next}`
  }
  const isDone = plan.changes.every(({ kind }) => kind === 'keep')
  return `\n${isDone ? 'Everything is already as it should be' : 'Nothing was written'}.\n`
}

function colourDiff(diff: string, style: Style): string {
  return diff
    .replace(/^\+(?!\+\+).*$/gm, (line) => style.green(line))
    .replace(/^-(?!--).*$/gm, (line) => style.red(line))
}

/** The same for a program. */
export function planAsJson(plan: FilePlan, { written }: { readonly written: boolean }): string {
  const { command, next, warnings = [] } = plan
  const changes = plan.changes.map(({ kind, path }) => ({ kind, path }))
  return `${JSON.stringify({ command, changes, next, warnings, written }, null, 2)}\n`
}
