import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { transformSync, version, type TransformOptions } from 'esbuild'

/** What jest tells a transformer; the part of its `TransformOptions` that decides the output. */
interface JestOptions {
  readonly configString?: string
  readonly instrument?: boolean
}

const settings: TransformOptions = {
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: true,
  // A project's tsconfig must not change what its tests run: the same as under tsx.
  tsconfigRaw: '{}',
}

const self = createHash('sha256')
  .update(readFileSync(new URL(import.meta.url)))
  .update(version)
  .update(JSON.stringify(settings))
  .digest('hex')

/**
 * Lets jest run TypeScript as native ES modules. Types are removed, not checked; stack traces point into the
 * source. Needs `esbuild` in the project and `node --experimental-vm-modules`.
 *
 * @example
 * // jest.config.js
 * export default {
 *   extensionsToTreatAsEsm: ['.ts'],
 *   transform: { '\\.ts$': '@rgen/runtime/jest-transform' },
 * }
 */
const transformer = {
  process(source: string, file: string): { code: string } {
    const loader = file.endsWith('x') ? 'tsx' : 'ts'
    const { code } = transformSync(source, { ...settings, loader, sourcefile: file })
    return { code }
  },

  /** Same source, same file, same esbuild: same output, so jest may keep it between runs. */
  getCacheKey(source: string, file: string, options: JestOptions): string {
    const parts = [self, file, options.configString ?? '', String(options.instrument ?? false), source]
    return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
  },
}

export default transformer
