// Makes the generated part of docs/settings.md new, from the built schema.
import { readFileSync, writeFileSync } from 'node:fs'
import { updateReference } from '../dist/settings/print-reference.js'

const page = new URL('../../../docs/settings.md', import.meta.url)
writeFileSync(page, updateReference(readFileSync(page, 'utf8')))
