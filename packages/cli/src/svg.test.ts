import { describe, expect, it } from '@jest/globals'
import { graphOf, parse } from '@rgen/grammar'
import { renderSvg } from './svg.ts'

const draw = (text: string): string => renderSvg(graphOf(parse(text)))
const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

describe('renderSvg', () => {
  it('draws a box for every call of a step and a line for every arrow', () => {
    const svg = draw('Start → (Text ⊕ Images) → Publish → Publish')
    expect(count(svg, /<rect [^>]*rx=/g)).toBe(5)
    expect(count(svg, /marker-end=/g)).toBe(5)
    expect(svg).toContain('>Publish</text>')
  })

  it('dashes arrows of conditions and loops, and says what they are', () => {
    const svg = draw('DRAFT ⇄ REVIEW →? (ACCEPT, REJECT)')
    expect(count(svg, /stroke-dasharray/g)).toBe(3)
    for (const label of ['again', 'if', 'else']) expect(svg).toContain(`>${label}</text>`)
  })

  it('gives the same bytes for the same pipeline, within the frame that it declares', () => {
    const svg = draw('A → B ⊕ C → D')
    expect(draw('A → B ⊕ C → D')).toBe(svg)
    const [, width = '0', height = '0'] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
    for (const [, x = '', y = ''] of svg.matchAll(/[ML] ([\d.-]+) ([\d.-]+)/g)) {
      expect(Number(x)).toBeLessThanOrEqual(Number(width))
      expect(Number(y)).toBeLessThanOrEqual(Number(height))
    }
  })

  it('draws a loop of one step around its box', () => {
    expect(count(draw('A ⇄ A'), />again</g)).toBe(1)
  })
})
