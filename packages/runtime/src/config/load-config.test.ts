import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { loadConfigFile } from './load-config.ts'

describe('loadConfigFile', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rgen-config-'))
    mkdirSync(join(root, 'config'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const load = () =>
    loadConfigFile({ root, file: 'config/a.yaml', schema: z.strictObject({ a: z.number() }), env: {} })

  it('reads a file relative to the project, wherever the process runs', () => {
    writeFileSync(join(root, 'config/a.yaml'), 'a: 1\r\n')
    expect(load()).toEqual({ a: 1 })
  })

  it('has a code of its own for a file that is not there', () => {
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING', file: 'config/a.yaml' }))
  })

  it('tells when a folder stands in the place of the file', () => {
    mkdirSync(join(root, 'config/a.yaml'))
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_UNREADABLE' }))
  })

  it('tells of the first place that does not parse, not of what the parser guesses after it', () => {
    writeFileSync(join(root, 'config/a.yaml'), 'a:\n   b: 2\n  c: [\n')
    expect(load).toThrow(
      expect.objectContaining({ code: 'CONFIG_SYNTAX', problems: [expect.objectContaining({ line: 3 })] }),
    )
  })

  it('refuses bytes that are not UTF-8', () => {
    writeFileSync(join(root, 'config/a.yaml'), Buffer.from([0x61, 0x3a, 0xff]))
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_SYNTAX' }))
  })
})
