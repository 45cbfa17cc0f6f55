// npm run bench [-- name …] [--json]: runs one or all of the benchmarks under bench/, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './pnpm.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const known = readdirSync(join(root, 'bench')).filter((name) =>
  existsSync(join(root, 'bench', name, 'bench.js')),
)
const unknown = positionals.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`✖ No benchmark named ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  process.exit(2)
}

let failed = 0
for (const name of positionals.length > 0 ? positionals : known) {
  if (!values.json) console.log(`\n── ${name}`)
  const args = [join('bench', name, 'bench.js'), ...(values.json ? ['--json'] : [])]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) failed += 1
}
process.exit(failed === 0 ? 0 : 1)
