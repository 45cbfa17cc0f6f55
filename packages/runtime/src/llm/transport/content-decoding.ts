import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** We ask for plain text; a proxy in between may compress all the same. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** What undoes a `content-encoding`; undefined when there is nothing to undo, null when nothing here can. */
export function contentDecoder(encoding: string | undefined): Transform | undefined | null {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  return DECODERS[name]?.() ?? null
}
