import type { Check } from '@rgen/runtime'
import type { Output } from '../io.ts'

const marks = { ok: '✓', warn: '!', fail: '✗' } as const

/**
 * The report of `rgen doctor`: areas as headings, a fix under everything that is not in order, a sum at the end.
 *
 * @param verbose Otherwise what is in order gets one line of the terminal.
 */
export function printChecks(checks: readonly Check[], output: Output, verbose: boolean): string {
  const { bold, dim, green, yellow, red, cyan } = output.style
  const colour = { ok: green, warn: yellow, fail: red } as const
  const printDetail = (name: string, status: Check['status'], detail: string) => {
    // Two columns before the mark, one behind it, two before the detail.
    const space = output.columns - name.length - 6
    const isCut = output.isTTY && !verbose && status === 'ok' && detail.length > space
    const shown = isCut ? `${detail.slice(0, Math.max(0, space - 1))}…` : detail
    return shown === '' ? '' : dim(`  ${shown}`)
  }
  const areas = [...new Set(checks.map(({ area }) => area))]
  const sections = areas.map((area) => {
    const lines = checks
      .filter((check) => check.area === area)
      .flatMap(({ name, status, detail, fix }) => [
        `${colour[status](marks[status])} ${name}${printDetail(name, status, detail)}`,
        ...(fix ? fix.split('\n').map((line) => cyan(`    ${line}`)) : []),
      ])
    return [bold(area), ...lines.map((line) => `  ${line}`), ''].join('\n')
  })
  return `${sections.join('\n')}\n${printSum(checks, output)}\n`
}

function printSum(checks: readonly Check[], { style }: Output): string {
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length
  const [failed, warned] = [count('fail'), count('warn')]
  if (failed > 0)
    return style.red(`✗ ${failed} of ${checks.length} checks failed. Each has its fix below it.`)
  const warnings = warned === 1 ? '1 warning' : `${warned} warnings`
  return style.green(warned > 0 ? `✓ In order, with ${warnings}.` : '✓ Everything is in order.')
}
