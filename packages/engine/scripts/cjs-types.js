// Copies the declarations to dist/cjs, below a package.json that says CommonJS. TypeScript refuses a `require` whose
// types are those of an ES module, though Node 20.19 and newer load one without ado; code that was written against
// Restack's CommonJS build compiles with these. The check of the package calls that a masquerade (`false-cjs`), which is
// what it is.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const declarations = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.d.ts'),
)
for (const file of declarations) {
  const copy = join('dist', 'cjs', file)
  mkdirSync(dirname(copy), { recursive: true })
  copyFileSync(join('dist', file), copy)
}
writeFileSync(join('dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
