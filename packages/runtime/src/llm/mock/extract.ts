import type { Reading, Source } from './reading.ts'
import { sentencesIn } from './sentences.ts'

/** A sentence that was picked, and the source that it stands in. */
export interface Finding {
  readonly sentence: string
  readonly source: Source
}

const STOP_WORDS: ReadonlySet<string> = new Set(
  'a about an and are as at be been but by can could describe did do does explain for from give had has have how i if in into is it its me more my no not of on or our please should so some such tell than that the their them then there these they this to us was we were what when where which who why will with would write you your'.split(
    ' ',
  ),
)

function termsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []
  return words.filter((word) => !STOP_WORDS.has(word)).map(stem)
}

/** Crude, and the same for both sides, which is all that matters here. */
function stem(word: string): string {
  return word.length > 5
    ? word.replace(/(?:ations?|ings?|ments?|edly|ies|ers?|ed|es|s)$/, '')
    : word.replace(/s$/, '')
}

/** What is shorter or longer than this is a heading or a table. */
const MIN_WORDS = 4
const MAX_CHARACTERS = 400

/**
 * The sentences that say most about the question: each word of it that they hold counts, the more the rarer it is.
 * The same messages give the same findings, in the order in which they stand in the sources.
 */
export function pickSentences({ question, sources }: Reading, count: number): Finding[] {
  const all = sources.flatMap((source) =>
    sentencesIn(source.text)
      .filter((sentence) => sentence.split(' ').length >= MIN_WORDS && sentence.length <= MAX_CHARACTERS)
      .map((sentence) => ({ sentence, source, terms: new Set(termsOf(sentence)) })),
  )
  const weights = new Map(
    [...new Set(termsOf(question))].map((term) => {
      const holders = all.filter(({ terms }) => terms.has(term)).length
      return [term, holders === 0 ? 0 : Math.log(1 + all.length / holders)]
    }),
  )
  const scored = all.map((candidate, order) => {
    const hits = [...candidate.terms].reduce((sum, term) => sum + (weights.get(term) ?? 0), 0)
    return { ...candidate, order, score: hits / (1 + Math.log(1 + candidate.terms.size / 12)) }
  })
  const best = new Map<string, (typeof scored)[number]>()
  for (const candidate of scored.toSorted((a, b) => b.score - a.score || a.order - b.order))
    if (best.size < count && !best.has(candidate.sentence)) best.set(candidate.sentence, candidate)
  return [...best.values()]
    .toSorted((a, b) => a.order - b.order)
    .map(({ sentence, source }) => ({ sentence, source }))
}

/** The answer in prose: the findings with numbers, and what the numbers stand for. */
export function writeAnswer(reading: Reading): string {
  const findings = pickSentences(reading, 4)
  if (findings.length === 0)
    return reading.question === ''
      ? 'The mock provider was asked nothing.'
      : `The mock provider answers from the sources that it is given, and here it was given none. The question was: ${reading.question}`
  const cited = [...new Set(findings.map(({ source }) => source))]
  const body = findings.map(({ sentence, source }) => `${sentence} [${cited.indexOf(source) + 1}]`).join(' ')
  return `${body}\n\nSources:\n${cited.map(cite).join('\n')}`
}

function cite({ title, url }: Source, index: number): string {
  return `[${index + 1}] ${title}${url === undefined || url === title ? '' : ` (${url})`}`
}
