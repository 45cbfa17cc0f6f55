import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import nodePlop from 'node-plop'
import plopfile from '../src/plopfile.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rgen-plop-'))
  writeFileSync(join(root, 'package.json'), '{ "dependencies": { "@rgen/runtime": "*" } }')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the plopfile', () => {
  it('offers the generators to plop, which plans and writes through rgen', async () => {
    const plop = await nodePlop('', { destBasePath: root, force: false })
    plopfile(plop as never)
    expect(plop.getGeneratorList().map((one) => one.name)).toContain('agent')

    const results = await plop.getGenerator('agent').runActions({ name: 'Research' })
    expect(results.failures).toEqual([])
    expect(readFileSync(join(root, 'src/agents/index.ts'), 'utf8')).toContain('researchAgent')
  })
})
