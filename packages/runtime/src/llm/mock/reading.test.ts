import { describe, expect, it } from '@jest/globals'
import { readMessages } from './reading.ts'

const ask = (content: string) => readMessages([{ role: 'user', content }])

describe('readMessages', () => {
  it('takes each heading below the sources as a source of its own, and stops at the next section', () => {
    const { question, sources } = ask(
      '# Topic\n\nselection\n\n# Sources\n\n## Origin (Charles Darwin, 1859)\nIt is preserved.\n\n## Walden\nI went.\n\n# What is wanted\n\nAn answer.',
    )
    expect(question).toBe('selection')
    expect(sources).toEqual([
      { title: 'Origin', url: 'Charles Darwin, 1859', text: 'It is preserved.' },
      { title: 'Walden', url: undefined, text: 'I went.' },
    ])
  })

  it('takes what stands under the topic for the question, not the rules under the task', () => {
    expect(ask('# Task\n\n1. Say what the sources say.\n\n# Topic\n\nselection').question).toBe('selection')
    expect(ask('# Task\n\nSummarise the report.').question).toBe('Summarise the report.')
  })

  it('takes a section without headings as one source', () => {
    expect(ask('Context:\nThe sky is blue.').sources).toEqual([
      { title: 'the given context', url: undefined, text: 'The sky is blue.' },
    ])
  })

  it('finds no source in a bare question', () => {
    expect(ask('Who was Ada Lovelace?')).toEqual({
      question: 'Who was Ada Lovelace?',
      sources: [],
      hasToolResults: false,
    })
  })
})
