// Finds the pnpm that this repository is tested with, or installs it inside the checkout: a machine needs Node and npm only.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const cache = join(root, '.cache')

const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1]

/**
 * Installs npm packages into a folder of their own under `.cache/`, once, and answers that folder.
 *
 * @param {string} name Folder name; holds the versions, so that a new version gets a new folder.
 * @param {Record<string, string>} dependencies Exact versions.
 * @param {Record<string, string>} [overrides]
 */
export function toolFolder(name, dependencies, overrides = {}) {
  const folder = join(cache, name)
  if (!existsSync(join(folder, 'node_modules'))) {
    // A failed install must not look finished the next time, so node_modules is moved in only when npm is done.
    const script = `
      const { mkdirSync, writeFileSync, rmSync, renameSync } = require('node:fs')
      const { execSync } = require('node:child_process')
      const work = ${JSON.stringify(folder)} + '.partial'
      rmSync(work, { recursive: true, force: true }); mkdirSync(work, { recursive: true })
      writeFileSync(work + '/package.json', ${JSON.stringify(JSON.stringify({ private: true, dependencies, overrides }))})
      execSync('npm install --no-audit --no-fund --no-package-lock --loglevel=error', { cwd: work, stdio: 'inherit' })
      rmSync(${JSON.stringify(folder)}, { recursive: true, force: true }); renameSync(work, ${JSON.stringify(folder)})`
    execFileSync(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit'] })
  }
  return folder
}

/** The path of a pnpm of the wanted version: the one on PATH when it fits, else one installed under `.cache/`. */
export function findPnpm() {
  try {
    const version = execFileSync('pnpm', ['--version'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (version.toString().trim() === wanted) return 'pnpm'
  } catch {
    // Not on PATH: install our own.
  }
  return join(toolFolder(`pnpm-${wanted}`, { pnpm: wanted }), 'node_modules', '.bin', 'pnpm')
}

/** The environment for child processes: the found pnpm first on PATH, no colours when the output is not a terminal. */
export function environmentWith(pnpm) {
  const path = pnpm === 'pnpm' ? process.env.PATH : `${dirname(pnpm)}${delimiter}${process.env.PATH}`
  return {
    ...process.env,
    PATH: path,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    // Else swc unpacks itself into the user's own cache folder.
    SWC_NATIVE_BINDING_CACHE: join(cache, 'swc'),
  }
}
