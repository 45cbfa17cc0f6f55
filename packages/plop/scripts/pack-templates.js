// Puts what generators print from into the package: the templates of generators/, and beside them the figures that
// generated code writes out, which have their one place in the settings of @rgen/runtime.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { transformSync } from '@swc/core'

rmSync('templates', { recursive: true, force: true })
cpSync('../../generators', 'templates', { recursive: true })

const source = readFileSync('../runtime/src/settings/defaults.ts', 'utf8')
const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } })
const { defaults } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
writeFileSync('templates/defaults.json', `${JSON.stringify(defaults, null, 2)}\n`)
