// Keeps secrets out of everything that leaves the router in words: errors, logs, spans, metrics.
//
//   R1. A known secret is removed however it is spelled: as it is, URL-encoded, JSON-escaped, in base64 at any offset.
//   R2. What looks like a key is removed even when it is not known: a provider may echo a key of its own choosing.

/** Returns the text without secrets. */
export type Redact = (text: string) => string

const REMOVED = '[redacted]'

/** Shorter ones would blank out ordinary words. */
const MIN_SECRET_LENGTH = 6

const keyShapes: readonly RegExp[] = [
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_*.-]{8,}/g,
  /\bBearer\s+[A-Za-z0-9._~+/=*-]{6,}/gi,
  /(?<=(?:x-api-key|api[-_]?key|apikey|authorization|access[-_]token|subscription-key)["']?\s*[:=]\s*["']?)(?!\[redacted\])[^\s"',&;}]{6,}/gi,
]

/**
 * Makes a function that removes these secrets, and anything that looks like a key, from a text.
 *
 * @example createRedactor(['abc-secret'])('key=abc-secret') // 'key=[redacted]'
 */
export function createRedactor(secrets: Iterable<string>): Redact {
  const spellings = new Set<string>()
  for (const secret of secrets) {
    const trimmed = secret.trim()
    if (trimmed.length >= MIN_SECRET_LENGTH)
      for (const spelling of spellingsOf(trimmed)) spellings.add(spelling)
  }
  // Longest first: a spelling may contain another.
  const known = [...spellings].sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const spelling of known) if (clean.includes(spelling)) clean = clean.split(spelling).join(REMOVED)
    for (const shape of keyShapes) clean = clean.replace(shape, REMOVED)
    return clean
  }
}

/** Redacts every string inside a value of plain data; keys of objects are kept. */
export function redactDeep(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactDeep(item, redact)]))
  return value
}

function spellingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, encodeURIComponent(secret), json, JSON.stringify(json).slice(1, -1), ...base64Cores(secret)]
}

/**
 * A secret inside a longer text that was encoded as base64 shows up in one of three spellings, by its offset
 * modulo 3. The characters at both ends depend on the neighbours and are left out.
 */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const start = offset === 0 ? 0 : offset + 1
    const complete = (offset + bytes.length) % 3 === 0
    const core = encoded.slice(start, complete ? undefined : -1)
    return core.length < MIN_SECRET_LENGTH ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
