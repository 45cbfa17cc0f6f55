import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const src = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file),
)

describe('@rgen/grammar', () => {
  it.each(files)('imports nothing but its own files in %s, so that it runs in a browser', (file) => {
    const text = readFileSync(join(src, file), 'utf8')
    const specifiers = [...text.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map(
      (match) => match[1] ?? match[2],
    )
    expect(specifiers.filter((specifier) => !specifier?.startsWith('.'))).toEqual([])
    expect(text).not.toMatch(/\b(process|Buffer|__dirname)\b/)
  })
})
