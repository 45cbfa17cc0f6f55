import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { printSettingsReference, updateReference } from './print-reference.ts'

/** The formatter pads the columns of tables; what they say is compared. */
const unpadded = (text: string) => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---')

describe('docs/settings.md', () => {
  const page = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8')

  it('has the table that the schema prints (node packages/runtime/scripts/write-reference.js makes it new)', () => {
    expect(unpadded(page)).toBe(unpadded(updateReference(page)))
  })

  it('says of every setting what it means', () => {
    for (const row of printSettingsReference().split('\n').slice(2)) expect(row).toMatch(/ \| [A-Z`].*\. \|$/)
  })
})
