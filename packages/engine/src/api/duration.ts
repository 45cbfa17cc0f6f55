import { EngineError } from '../errors.ts'

/** A length of time: milliseconds, or text such as `"10s"`, `"2 minutes"`, `"1h 30m"`. */
export type Duration = number | string

const units: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  y: 31_557_600_000,
  year: 31_557_600_000,
}

const part = /\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*/giy

/**
 * Milliseconds of a {@link Duration}, rounded to whole ones.
 *
 * @throws {EngineError} ENGINE_DURATION when the text is not a duration, or the number is negative or not finite.
 * @example parseDuration('2 minutes') // 120000
 */
export function parseDuration(duration: Duration): number {
  const milliseconds = typeof duration === 'number' ? duration : parseText(duration)
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw new EngineError('ENGINE_DURATION', `Not a duration: ${JSON.stringify(duration)}`, {
      hint: 'Write milliseconds as a number, or text such as "500ms", "10s", "2 minutes", "1h 30m".',
    })
  }
  return Math.round(milliseconds)
}

/** As {@link parseDuration}, where a leading minus is allowed: offsets of schedules. */
export function parseOffset(duration: Duration): number {
  if (typeof duration === 'number') return duration < 0 ? -parseDuration(-duration) : parseDuration(duration)
  const text = duration.trim()
  return text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text)
}

function parseText(text: string): number {
  if (typeof text !== 'string') return Number.NaN
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text)
  let total = 0
  let end = 0
  part.lastIndex = 0
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, amount = '', name = ''] = match
    const word = name.toLowerCase()
    const unit = units[word] ?? units[word.replace(/s$/, '')]
    if (unit === undefined) return Number.NaN
    total += Number(amount) * unit
    end = part.lastIndex
  }
  return end === text.length && end > 0 ? total : Number.NaN
}
