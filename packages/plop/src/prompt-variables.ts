/** A variable of a prompt's template. */
export interface PromptVariable {
  readonly name: string
  /** It is used by parts, as in `{customer.name}`. */
  readonly nested: boolean
}

/**
 * The variables of a prompt file, each once, in the order of the text. Front matter and literal braces (`{{`, `}}`)
 * hold none; a brace that is no placeholder is text.
 */
export function promptVariables(file: string): readonly PromptVariable[] {
  const body = file
    .replace(/^\uFEFF?(?:\s*<!--[\s\S]*?-->)?\s*---\r?\n[\s\S]*?\r?\n---\r?\n/, '')
    .replaceAll('{{', '')
    .replaceAll('}}', '')
  const found = new Map<string, boolean>()
  for (const [, name = '', rest = ''] of body.matchAll(/\{([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)\}/g))
    found.set(name, (found.get(name) ?? false) || rest !== '')
  return [...found].map(([name, nested]) => ({ name, nested }))
}
