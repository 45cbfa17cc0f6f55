/** Sentences of a text, headings and list marks left out. */
export function sentencesIn(text: string): string[] {
  const paragraphs = text.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+[.)])\s)|\n(?=#)|(?<=^#.*)\n/m)
  return paragraphs.flatMap((paragraph) =>
    paragraph
      .replace(/^\s*(?:[-*]|\d+[.)]|#+)\s+/gm, '')
      .replace(/\s+/g, ' ')
      .split(/(?<=[.!?]["')\]”]?)\s+(?=["'(“]?[\p{Lu}\d])/u)
      .map((sentence) => sentence.trim())
      .filter((sentence) => sentence !== ''),
  )
}
