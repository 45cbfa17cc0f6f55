import { describe, expect, it } from '@jest/globals'
import { loadSettings, settingTable } from '@rgen/runtime/settings'
import { parseSettingFlags, settingVariables } from './setting-flags.ts'

describe('--set', () => {
  it('reaches the project through the variable of the setting, whatever the environment said', () => {
    const variables = settingVariables(
      parseSettingFlags(['retry.max_attempts=3', 'log.level=debug']),
      settingTable(),
    )
    const env = { RETRY_MAX_ATTEMPTS: '9', RGEN_RETRY_MAX_ATTEMPTS: '8', ...variables }
    const settings = loadSettings({ root: '/nowhere', env })
    expect([settings.retry.max_attempts, settings.log.level]).toEqual([3, 'debug'])
  })

  it('takes whatever stands behind the first equals sign', () => {
    expect(parseSettingFlags(['a.b=c=d'])).toEqual({ 'a.b': 'c=d' })
  })

  it('refuses what is no setting', () => {
    expect(() => parseSettingFlags(['retry'])).toThrow(expect.objectContaining({ code: 'CLI_INVALID_VALUE' }))
    expect(() => settingVariables({ 'retry.max_atempts': '3' }, settingTable())).toThrow(
      expect.objectContaining({ message: 'There is no setting "retry.max_atempts"', exitCode: 2 }),
    )
  })

  it('knows a variable for every setting but the limits of single loops, which are named by the project', () => {
    const without = settingTable().filter(({ environment }) => environment.length === 0)
    expect(without.map(({ name }) => name)).toEqual(['pipeline.loops'])
  })
})
