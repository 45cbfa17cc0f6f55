// npm run bench [-- name … [options]]: runs one or all of the benchmarks under bench/, each in a process of its own.
// What follows the names is for the benchmarks: all know --json, the head of each bench.js names the others.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pnpm.js'

const given = process.argv.slice(2)
const firstOption = given.findIndex((argument) => argument.startsWith('-'))
const names = firstOption < 0 ? given : given.slice(0, firstOption)
const options = given.slice(names.length)
const known = readdirSync(join(root, 'bench')).filter((name) =>
  existsSync(join(root, 'bench', name, 'bench.js')),
)
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`✖ No benchmark named ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  process.exit(2)
}

let failed = 0
for (const name of names.length > 0 ? names : known) {
  if (!options.includes('--json')) console.log(`\n── ${name}`)
  const args = [join('bench', name, 'bench.js'), ...options]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) failed += 1
}
process.exit(failed === 0 ? 0 : 1)
