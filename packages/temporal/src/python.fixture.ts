// A Python with Restack's SDK: RGEN_PYTHON, the one that scripts/python-sdk.sh made, or python3 when it has the package.
import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The Python to run, or undefined when none has the package. */
export function findPython(): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const candidates = [
    process.env['RGEN_PYTHON'] ?? '',
    join(cache, 'rgen', 'restack-ai-0.0.121', 'bin', 'python'),
    'python3',
  ]
  return candidates
    .filter((python) => python !== '')
    .find((python) => spawnSync(python, ['-c', 'import restack_ai'], { stdio: 'ignore' }).status === 0)
}
