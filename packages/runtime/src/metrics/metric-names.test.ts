import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { metricTable } from './metric-names.ts'

const page = readFileSync(new URL('../../../../docs/observability.md', import.meta.url), 'utf8')
const [, generated = ''] = /<!-- metrics: generated -->([\s\S]*)<!-- metrics: end -->/.exec(page) ?? []

describe('docs/observability.md', () => {
  it('lists every metric with its labels and meaning, and no other', () => {
    const rows = generated
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => row.split('|').map((cell) => cell.trim()))
    const told = rows.map(([, name, labels, help]) => ({ name, labels, help }))
    const known = Object.entries(metricTable).map(([name, { labels, help }]) => ({
      name: `\`${name}\``,
      labels: labels.map((label) => `\`${label}\``).join(' '),
      help,
    }))
    expect(told).toEqual(known)
  })
})
