import { createPrompt, isEnterKey, isTabKey, useKeypress, usePrefix, useState } from '@inquirer/core'
import type { Resource } from '@rgen/grammar'
import { styleText } from 'node:util'
import { complete, previewExpression } from './preview-expression.ts'

const message = 'The expression:'

const prompt = createPrompt<string, { readonly steps: readonly Resource[] }>(({ steps }, done) => {
  const [text, setText] = useState('')
  const [status, setStatus] = useState<'idle' | 'done'>('idle')
  const prefix = usePrefix({ status })
  // Prefix, blank, message, blank: what stands left of the expression. The prefix is one column wide.
  const place = { indent: message.length + 3, columns: process.stdout.columns }
  const preview = previewExpression(text, steps, place)
  useKeypress((key, readline) => {
    if (isEnterKey(key)) {
      if (preview.isComplete) {
        setStatus('done')
        done(text.trim())
      } else readline.write(text)
      return
    }
    const [first] = preview.completions
    if (isTabKey(key)) {
      readline.clearLine(0)
      const next = first === undefined ? text : complete(text, first)
      readline.write(next)
      setText(next)
    } else setText(readline.line)
  })
  const line = `${prefix} ${styleText('bold', message)} ${text}`
  if (status === 'done') return line
  const colour = preview.isComplete ? 'green' : 'yellow'
  const offer =
    preview.completions.length > 0 ? `\n${styleText('dim', `Tab: ${preview.completions.join('  ')}`)}` : ''
  return [line, styleText(colour, preview.text) + offer]
})

/**
 * Asks for an expression. Under the line stand its tree and what in it is new, or its mistake, as it is written; Tab
 * completes the last word to a name of the project; Enter is taken only when the expression reads.
 */
export async function askExpression(config: { readonly steps: readonly Resource[] }): Promise<string> {
  return prompt(config)
}
