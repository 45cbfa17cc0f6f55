/** A line, or what was kept of one that is longer than the bound. */
export interface SplitLine {
  readonly text: string
  readonly cut: boolean
}

/**
 * Splits a stream of bytes into lines in bounded memory: of a longer line the first `maxBytes` are kept.
 *
 * @example const split = lineSplitter(8192, ({ text }) => log(text)); stream.on('data', split)
 */
export function lineSplitter(maxBytes: number, onLine: (line: SplitLine) => void): (chunk: Buffer) => void {
  let kept: Buffer[] = []
  let size = 0
  let cut = false
  const keep = (part: Buffer): void => {
    const room = maxBytes - size
    if (part.length > room) cut = true
    if (room <= 0 || part.length === 0) return
    // Copied, so that a small rest does not hold the whole chunk in memory.
    kept.push(Buffer.from(part.subarray(0, room)))
    size += Math.min(part.length, room)
  }
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end))
      onLine({ text: Buffer.concat(kept).toString('utf8').replace(/\r$/u, ''), cut })
      kept = []
      size = 0
      cut = false
      start = end + 1
    }
    keep(chunk.subarray(start))
  }
}
