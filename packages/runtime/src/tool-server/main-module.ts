import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Whether the module was started as a program (`node src/tools/research.mcp.ts`) and not imported, by a test for
 * instance. Node 20 has no `import.meta.main`.
 *
 * @example if (isMain(import.meta.url)) await serve(createResearchServer)
 */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1]
  if (started === undefined) return false
  try {
    return realpathSync(started) === realpathSync(fileURLToPath(moduleUrl))
  } catch {
    return false
  }
}
