import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The version of this package, as servers and clients of tools are told it. */
export const { version } = require('../package.json') as { readonly version: string }
