import { describe, expect, it } from '@jest/globals'
import { GenerateError } from './errors.ts'
import { parseName, type NamedKind } from './name.ts'

function refusal(text: string, kind: NamedKind = 'agent'): GenerateError {
  try {
    parseName(text, kind)
  } catch (error) {
    if (error instanceof GenerateError) return error
    throw error
  }
  throw new Error(`${text} was accepted`)
}

describe('parseName', () => {
  it('spells one name in every way that generated files need', () => {
    expect(parseName('EmailCampaign', 'workflow')).toEqual({
      pascal: 'EmailCampaign',
      camel: 'emailCampaign',
      kebab: 'email-campaign',
      words: 'email campaign',
      exported: 'emailCampaignWorkflow',
    })
  })

  it.each([
    'email-campaign',
    'email_campaign',
    'emailCampaign',
    'EmailCampaignWorkflow',
    'email-campaign-workflow',
  ])('reads %s as the same workflow', (spelling) => {
    expect(parseName(spelling, 'workflow')).toEqual(parseName('EmailCampaign', 'workflow'))
  })

  it.each(['ResearchToolServer', 'research_tools', 'research-server'])(
    'reads %s as the tool server research',
    (text) => {
      expect(parseName(text, 'tool server').kebab).toBe('research')
    },
  )

  it('exports functions by their bare name', () => {
    expect(parseName('SendEmail', 'function').exported).toBe('sendEmail')
  })

  it.each([
    ['', 'GEN_NAME_EMPTY'],
    ['   ', 'GEN_NAME_EMPTY'],
    ['../x', 'GEN_NAME_CHARACTERS'],
    ['a/b', 'GEN_NAME_CHARACTERS'],
    ['a b', 'GEN_NAME_CHARACTERS'],
    ['a--b', 'GEN_NAME_CHARACTERS'],
    ['index', 'GEN_NAME_RESERVED'],
    ['_', 'GEN_NAME_CHARACTERS'],
    ['🚀', 'GEN_NAME_CHARACTERS'],
    ['Café', 'GEN_NAME_CHARACTERS'],
    ['a\u200bb', 'GEN_NAME_CHARACTERS'],
    ['a\nb', 'GEN_NAME_CHARACTERS'],
    ['1abc', 'GEN_NAME_START'],
    ['-abc', 'GEN_NAME_START'],
    ['Agent', 'GEN_NAME_KIND_ONLY'],
    ['agents', 'GEN_NAME_KIND_ONLY'],
    ['class', 'GEN_NAME_RESERVED'],
    ['Class', 'GEN_NAME_RESERVED'],
    ['class-agent', 'GEN_NAME_RESERVED'],
    ['CON', 'GEN_NAME_DEVICE'],
    ['Lpt1Agent', 'GEN_NAME_DEVICE'],
    ['a'.repeat(300), 'GEN_NAME_LONG'],
  ])('refuses %j with %s', (text, code) => {
    const error = refusal(text)
    expect(error.code).toBe(code)
    expect(error.hint).toBeDefined()
    expect(error.message).not.toContain('\n')
    expect(error.message.length).toBeLessThan(120)
  })

  it('shows an invisible character by its code point', () => {
    expect(refusal('a\u200bb').message).toContain('U+200B')
  })

  it.each(['fetch', 'SetTimeout', 'process', 'log', 'then'])(
    'refuses a function %s, which would hide what the name means in its own code',
    (text) => {
      expect(refusal(text, 'function').code).toBe('GEN_NAME_RESERVED')
      expect(parseName(text, 'agent').exported).toMatch(/Agent$/)
    },
  )
})
