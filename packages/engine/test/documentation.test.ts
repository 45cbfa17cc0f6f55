import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transformSync } from '@swc/core'
import { afterAll, describe, expect, it } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'rgen-documentation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const root = new URL('..', import.meta.url)

/** A program of a page, with our imports pointing at what is published. */
function program(code: string): string {
  const linked = code.replaceAll(/'@rgen\/engine(\/[a-z]+)?'/g, (_whole, subpath: string | undefined) => {
    return `'${new URL(`dist${subpath ?? '/index'}.js`, root).href}'`
  })
  const { code: javascript } = transformSync(linked, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  })
  return javascript
}

function examplesOf(page: string): readonly (readonly [string, string])[] {
  const text = readFileSync(new URL(page, root), 'utf8')
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, index) => [
    `${page} ${index + 1}`,
    match[1] ?? '',
  ])
}

describe('the documentation', () => {
  it.each([...examplesOf('README.md'), ...examplesOf('../../docs/engine.md')])('%s runs', (name, code) => {
    const file = join(folder, `${name.replaceAll(/[^a-z0-9]/gi, '-')}.mjs`)
    writeFileSync(file, program(code))
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(pathToFileURL(file))], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, RGEN_DATABASE: join(folder, `${name.replaceAll(/[^a-z0-9]/gi, '-')}.db`) },
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map((match) => match[1])
    expect(stdout.trim().split('\n').filter(Boolean)).toEqual(promised)
  })
})
