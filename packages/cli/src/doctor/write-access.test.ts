import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { checkWriteAccess } from './write-access.ts'

const root = mkdtempSync(join(tmpdir(), 'rgen-write-'))
for (const folder of ['src', 'config']) mkdirSync(join(root, folder))

describe('checkWriteAccess', () => {
  it('names the folders that it looked at', () => {
    expect(checkWriteAccess(root)).toMatchObject({ status: 'ok', detail: '., src, config' })
  })

  it('names those that may not be written, and how to change that', () => {
    expect(checkWriteAccess(root, (path) => !path.endsWith('src'))).toMatchObject({
      status: 'fail',
      detail: 'not allowed to write in src',
      fix: 'chmod -R u+w src',
    })
  })
})
