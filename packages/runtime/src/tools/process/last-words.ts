/** What Node prints around an error and what says nothing about it: frames, its own sources, carets, its version. */
const aroundError =
  /^(?:\s+at\s|\s*\^+\s*$|\s*[}\])]+;?$|Node\.js v\d|node:internal\/|\s+triggerUncaughtException\()/u

/**
 * The lines of a standard error that say why a process ended, newest last: the error with its place where Node printed
 * one, else the last lines.
 *
 * @example lastWords(['/app/x.ts:2', 'throw new Error("no")', '      ^', 'Error: no', '    at main (/app/x.ts:2:7)'])
 * // ['/app/x.ts:2', 'throw new Error("no")', 'Error: no']
 */
export function lastWords(lines: readonly string[]): readonly string[] {
  const telling = lines.filter((line) => !aroundError.test(line))
  return (telling.length > 0 ? telling : lines).slice(-3)
}
