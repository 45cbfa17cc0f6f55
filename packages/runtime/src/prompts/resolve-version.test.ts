import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import type { PromptEntry } from './config.ts'
import { parseRegistry } from './registry-entries.ts'
import { isRange, resolveVersion, sortVersions, type VersionRequest } from './resolve-version.ts'

function entryOf(versions: readonly string[], more: Partial<PromptEntry> = {}): PromptEntry {
  const paths = Object.fromEntries(versions.map((version) => [version, `prompts/p/v${version}.md`]))
  return { versions: paths, resolution: 'semver', labels: {}, latest: versions[0], ...more }
}
const resolve = (entry: PromptEntry, request: VersionRequest) => resolveVersion('p', entry, request)

describe('resolveVersion', () => {
  interface Case {
    id: string
    versions: string[]
    latest: string | null
    resolution: string
    request: string | null
    expect_version?: string
    expect_error?: string
    also_ok_version?: string
  }
  const cases = JSON.parse(
    readFileSync(new URL('../../../../fixtures/prompts/cases.json', import.meta.url), 'utf8'),
  ) as Case[]

  it.each(cases.map((each): [string, Case] => [each.id, each]))('decides the case %s', (_, each) => {
    const { versions, latest, resolution, request } = each
    const attempt = () => {
      const paths = Object.fromEntries(versions.map((version) => [version, `prompts/p/v${version}.md`]))
      const { entries } = parseRegistry(
        JSON.stringify({ prompts: { p: { versions: paths, latest, resolution } } }),
        {},
      )
      const found = entries.get('p')!
      if (found.problems.length > 0) throw new Error(found.problems.map(({ message }) => message).join())
      return resolve(found.entry, { request }).version
    }
    if (each.expect_version !== undefined) expect(attempt()).toBe(each.expect_version)
    else expect(attempt).toThrow(new RegExp(each.expect_error!.replace(/[.^*+?()[\]{}|\\]/g, '\\$&'), 'i'))
  })

  const entry = entryOf(['1.0.0', '1.1.0', '2.0.0', '3.0.0-rc.1'], {
    latest: '1.1.0',
    labels: { production: '1.0.0', next: '3.0.0-rc.1' },
  })

  it('goes by: explicit version or range, experiment, label, latest', () => {
    expect(resolve(entry, { request: '2.0.0', arm: '1.0.0', label: 'production' })).toEqual({
      version: '2.0.0',
    })
    expect(resolve(entry, { request: '^1.0.0', arm: '2.0.0' })).toEqual({ version: '1.1.0' })
    expect(resolve(entry, { arm: '2.0.0', label: 'production' })).toEqual({ version: '2.0.0', arm: '2.0.0' })
    expect(resolve(entry, { request: 'production', arm: '2.0.0' })).toEqual({
      version: '2.0.0',
      arm: '2.0.0',
    })
    expect(resolve(entry, { label: 'production' })).toEqual({ version: '1.0.0', label: 'production' })
    expect(resolve(entry, { request: 'next', label: 'production' })).toEqual({
      version: '3.0.0-rc.1',
      label: 'next',
    })
    expect(resolve(entry, {})).toEqual({ version: '1.1.0' })
  })

  it('finds a prerelease only where it is asked for', () => {
    expect(resolve(entry, { request: '*' }).version).toBe('2.0.0')
    expect(resolve(entry, { request: '>=2' }).version).toBe('2.0.0')
    expect(resolve(entry, { request: '>=3.0.0-0' }).version).toBe('3.0.0-rc.1')
    expect(() => resolve(entry, { request: '3' })).toThrow('no version that matches "3"')
  })

  it('takes a full version with a leading v, and a build only as it is written', () => {
    expect(resolve(entry, { request: 'v1.0.0' }).version).toBe('1.0.0')
    expect(() => resolve(entryOf(['1.0.0+b1']), { request: '1.0.0+b2' })).toThrow('1.0.0+b2')
  })

  it('says how to bring back a version that a run recorded', () => {
    expect(() => resolve(entry, { request: '1.0.5' })).toThrow(
      expect.objectContaining({
        code: 'PROMPT_VERSION_UNKNOWN',
        hint: expect.stringContaining('git log -- prompts/p'),
      }),
    )
  })

  it('lists what exists when it cannot read a request', () => {
    expect(() => resolve(entry, { request: 'producton' })).toThrow(
      expect.objectContaining({
        code: 'PROMPT_VERSION_INVALID',
        message:
          '"producton" is not a version, a range or a label of prompt "p". Versions: 1.0.0, 1.1.0, 2.0.0, 3.0.0-rc.1. Labels: production (1.0.0), next (3.0.0-rc.1).',
        hint: expect.stringContaining('Did you mean "production"?'),
      }),
    )
    expect(() => resolve(entry, { label: 'prod' })).toThrow(
      expect.objectContaining({ code: 'PROMPT_LABEL_UNKNOWN' }),
    )
  })

  it('refuses a request that is not text', () => {
    expect(() => resolve(entry, { request: 1.1 as unknown as string })).toThrow('must be given as text')
  })

  it('compares texts in exact mode', () => {
    const exact = entryOf(['1.0.0', '1.0.0-a'], { resolution: 'exact', labels: { live: '1.0.0' } })
    expect(resolve(exact, { request: '1.0.0-a' }).version).toBe('1.0.0-a')
    expect(resolve(exact, { request: 'live' }).version).toBe('1.0.0')
    for (const request of ['1', 'v1.0.0', '^1.0.0', '1.0.0 ', ''])
      expect(() => resolve(exact, { request })).toThrow(/version/)
  })
})

describe('isRange', () => {
  it.each(['1', '1.2', '1.x', '*', '^1', '~1.2', '>= 1.0.0 < 2', '1 - 2', '^1 || ^3'])(
    'takes %s',
    (request) => {
      expect(isRange(request)).toBe(true)
    },
  )
  it.each(['', ' ', '||', '1 ||', '+b1', '1.0.0\n2.0.0', '１', 'latest', '>=', '1,2', '1\t2'])(
    'refuses %j',
    (request) => {
      expect(isRange(request)).toBe(false)
    },
  )
})

describe('sortVersions', () => {
  it('sorts by precedence, numbers as numbers', () => {
    expect(sortVersions(['1.10.0', '1.9.0', 'x', '1.10.0-rc.10', '1.10.0-rc.2'])).toEqual([
      '1.9.0',
      '1.10.0-rc.2',
      '1.10.0-rc.10',
      '1.10.0',
      'x',
    ])
  })
})
