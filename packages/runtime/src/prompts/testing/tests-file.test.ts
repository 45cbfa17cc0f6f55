import { tmpdir } from 'node:os'
import { describe, expect, it } from '@jest/globals'
import { loadPromptTests } from './tests-file.ts'

describe('loadPromptTests', () => {
  it('says where the cases of a prompt are written when it has none', () => {
    expect(() => loadPromptTests(tmpdir(), 'no-such-prompt')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_MISSING',
        message: expect.stringContaining(
          'prompts/no-such-prompt/tests.yaml prompt "no-such-prompt" has no cases yet',
        ),
      }),
    )
  })
})
