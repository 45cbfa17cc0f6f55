import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  camelCase,
  exportName,
  fileName,
  kebabCase,
  nameKey,
  pascalCase,
  snakeCase,
  suffixKind,
  withoutSuffix,
  words,
} from './names.ts'

describe('names', () => {
  it.each([
    ['SendEmail', ['send', 'email']],
    ['send-email', ['send', 'email']],
    ['send_email', ['send', 'email']],
    ['HTTPGet', ['http', 'get']],
    ['getHTTP', ['get', 'http']],
    ['DRAFT', ['draft']],
    ['step-1', ['step1']],
    ['Step1', ['step1']],
    ['HTTP2Get', ['http2', 'get']],
    ['datafetcher', ['datafetcher']],
    ['_', ['_']],
  ])('reads the words of %s', (name, expected) => {
    expect(words(name)).toEqual(expected)
  })

  it('spells a name in each way', () => {
    expect([kebabCase, snakeCase, camelCase, pascalCase].map((spell) => spell('HTTPGet'))).toEqual([
      'http-get',
      'http_get',
      'httpGet',
      'HttpGet',
    ])
  })

  it('gives all spellings of one name one key', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}(-[A-Za-z0-9_]{1,6})?$/)
    fc.assert(
      fc.property(name, (written) => {
        for (const spell of [kebabCase, snakeCase, camelCase, pascalCase]) {
          expect(nameKey(spell(written))).toBe(nameKey(written))
        }
      }),
    )
  })

  it('takes the suffix of a kind off, unless the name is nothing else', () => {
    expect(withoutSuffix('EmailCampaignWorkflow', 'workflow')).toBe('EmailCampaign')
    expect(withoutSuffix('review-agent', 'agent')).toBe('review')
    expect(withoutSuffix('review-agent', 'workflow')).toBe('review-agent')
    expect(withoutSuffix('Agent', 'agent')).toBe('Agent')
    expect(suffixKind('send_email_function')).toBe('function')
    expect(suffixKind('Agent1')).toBeUndefined()
  })

  it('names exports and files as the project layout says', () => {
    expect(exportName('ResearchAgent', 'agent')).toBe('researchAgent')
    expect(exportName('EMAIL_CAMPAIGN', 'workflow')).toBe('emailCampaignWorkflow')
    expect(exportName('send-email', 'function')).toBe('sendEmail')
    expect(fileName('HTTPGetAgent', 'agent')).toBe('http-get')
  })

  it('never names an export after a word that JavaScript reserves', () => {
    expect(exportName('class', 'function')).toBe('classFunction')
    expect(exportName('class', 'agent')).toBe('classAgent')
    expect(exportName('_1', 'function')).toBe('_1')
  })
})
