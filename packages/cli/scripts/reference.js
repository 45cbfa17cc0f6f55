// Writes docs/cli.md from the command table, as built. With --check it only says whether the page is current.
import { readFileSync, writeFileSync } from 'node:fs'
import { printReference } from '../dist/reference.js'

const page = new URL('../../../docs/cli.md', import.meta.url)
const text = await printReference()
if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/cli.md is not what the command table says. Run: pnpm --filter @rgen/cli reference')
  process.exitCode = 1
}
