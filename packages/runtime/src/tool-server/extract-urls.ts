/** `](` ends the text of a Markdown link, whose address follows. */
const candidate = /(?:\bhttps?:\/\/(?=[^\s/?#])|(?<![\w.:/@-])www\.)(?:(?!\]\()[^\s<>"`{}|\\^])+/giu

/**
 * The web addresses in a text, in order, each once. Follows the extended autolinks of GitHub Flavored Markdown:
 * `http(s)://` and `www.` addresses; closing punctuation and unbalanced brackets belong to the sentence, not to
 * the address; `www.` addresses are given with `http://`.
 *
 * @example extractUrls('See https://example.org/a_(b) and www.example.com.')
 * // ['https://example.org/a_(b)', 'http://www.example.com']
 */
export function extractUrls(text: string): string[] {
  const found = new Map<string, string>()
  for (const [match] of text.matchAll(candidate)) {
    const address = withoutSentence(match)
    const url = /^www\./iu.test(address) ? `http://${address}` : address
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed?.hostname) found.set(parsed.href, found.get(parsed.href) ?? url)
  }
  return [...found.values()]
}

/** Cuts what the surrounding sentence or Markdown added, from the right, in one pass. */
function withoutSentence(match: string): string {
  let end = match.length
  const unbalanced = { ')': surplus(match, end, '(', ')'), ']': surplus(match, end, '[', ']') }
  for (; end > 0; end--) {
    const last = match.charAt(end - 1)
    if (last === ')' || last === ']') {
      if (unbalanced[last]-- > 0) continue
      break
    }
    if (last === ';') {
      const entity = /&[a-z][a-z\d]{1,30};$/iu.exec(match.slice(Math.max(0, end - 33), end))
      if (entity) end -= entity[0].length - 1
      continue
    }
    if (!"?!.,:*_~'’”»".includes(last)) break
  }
  return match.slice(0, end)
}

/** How many more `close` than `open` stand before `end`. */
function surplus(text: string, end: number, open: string, close: string): number {
  let count = 0
  for (let index = 0; index < end; index++) {
    if (text.charAt(index) === close) count++
    else if (text.charAt(index) === open) count--
  }
  return count
}
