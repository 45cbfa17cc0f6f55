/** A variable that the project reads, for .env.example. */
export interface EnvVariable {
  readonly name: string
  /** One line: what it is for, and what happens without it. */
  readonly comment: string
}

/** Adds the variables that a .env.example does not mention yet, commented out or not, at its end. */
export function addVariables(text: string, variables: readonly EnvVariable[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const missing = variables.filter(({ name }) => !new RegExp(`^\\s*#?\\s*${name}\\s*=`, 'm').test(text))
  if (missing.length === 0) return text
  const head = text === '' || text.endsWith('\n') ? text : text + eol
  const blocks = missing.map(({ name, comment }) => `# ${comment}${eol}${name}=${eol}`)
  return head + (head === '' ? '' : eol) + blocks.join(eol)
}
