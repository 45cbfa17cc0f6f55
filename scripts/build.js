// Builds the package in the working directory: tsc alone, so that what is published is what was type-checked.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, readFileSync, existsSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const tsc = new URL('../node_modules/typescript7/bin/tsc', import.meta.url).pathname
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
for (const file of Object.values(manifest.bin ?? {})) if (existsSync(file)) chmodSync(file, 0o755)
