import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { folderWith, projectWith, rgen, writeInto } from './rgen.fixture.ts'

describe('rgen g', () => {
  it('writes what it says, tells the next step, and changes nothing the second time', async () => {
    const root = projectWith({})
    const first = await rgen(['g', 'function', 'SendEmail'], root)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/^ {4}create {2}src\/functions\/send-email\.ts\n/)
    expect(first.out).toContain('\nNext\n')
    expect(readFileSync(join(root, 'src/functions/index.ts'), 'utf8')).toContain('from "./send-email.ts"')
    const second = await rgen(['g', 'function', 'send-email'], root)
    expect(second).toMatchObject({ code: 0 })
    expect(second.out).not.toMatch(/create|update|conflict/)
  })

  it('writes nothing with --dry-run, and shows every line with --dry-run=diff', async () => {
    const root = projectWith({})
    const minimal = await rgen(['g', 'function', 'SendEmail', '--dry-run'], root)
    expect(minimal).toMatchObject({ code: 0 })
    expect(minimal.out).toMatch(/create {2}src\/functions\/send-email\.ts\n[\s\S]*\nNothing was written\.\n$/)
    const diff = await rgen(['g', 'function', 'SendEmail', '--dry-run=diff'], root)
    expect(diff.out).toContain('\n+export async function sendEmail')
    expect(existsSync(join(root, 'src'))).toBe(false)
  })

  it('writes how a project is deployed once for each target, and finds it unchanged the second time', async () => {
    const root = projectWith({})
    const dry = await rgen(['g', 'deploy', '--target', 'k8s', '--dry-run'], root)
    expect(dry).toMatchObject({ code: 0, err: '' })
    expect(dry.out).toContain('create  deploy/k8s/hpa.yaml')
    expect(existsSync(join(root, 'deploy'))).toBe(false)
    for (const target of ['compose', 'k8s']) {
      expect((await rgen(['g', 'deploy', '--target', target], root)).out).toContain('create')
      const second = await rgen(['g', 'deploy', '--target', target], root)
      expect(second).toMatchObject({ code: 0 })
      expect(second.out).not.toMatch(/create|update|conflict/)
    }
    expect((await rgen(['g', 'deploy'], root)).err).toMatch(/^✖ --target is missing\n/)
  })

  it('refuses to overwrite an edited file where nobody can be asked, and does with --force', async () => {
    const root = projectWith({})
    await rgen(['g', 'function', 'SendEmail', '--omit-tests'], root)
    writeInto(root, 'src/functions/send-email.ts', '// mine\n')
    const refused = await rgen(['g', 'function', 'SendEmail', '--omit-tests'], root)
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(
      /send-email\.ts already exists[\s\S]*Nothing was written[\s\S]*--force[\s\S]*GEN_CONFLICT\n$/,
    )
    expect(readFileSync(join(root, 'src/functions/send-email.ts'), 'utf8')).toBe('// mine\n')
    expect((await rgen(['g', 'function', 'SendEmail', '--omit-tests', '--force'], root)).code).toBe(0)
    expect(readFileSync(join(root, 'src/functions/send-email.ts'), 'utf8')).toContain('sendEmail')
  })

  it.each(['../x', 'class', '1abc', 'Agent', '🚀', 'a'.repeat(300), '', '-'])(
    'refuses the name %j in one message, and leaves no file behind',
    async (name) => {
      const root = projectWith({})
      const before = readdirSync(root)
      const { code, out, err } = await rgen(['g', 'agent', '--', name], root)
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toMatch(/^✖ .+\n( {2}.+\n)* {2}GEN_\w+ · nothing was written\n$/)
      expect(readdirSync(root)).toEqual(before)
    },
  )

  it('ends with 2 and names what is missing, instead of asking where nobody is', async () => {
    const root = projectWith({})
    const { code, err } = await rgen(['g', 'pipeline'], root)
    expect(code).toBe(2)
    expect(err).toMatch(/^✖ <name> and --operators are missing\n/)
  })

  it('shows where an expression does not read', async () => {
    const { code, err } = await rgen(
      ['g', 'pipeline', 'Blog', '--operators', 'DRAFT ⇄ → PUBLISH'],
      projectWith({}),
    )
    expect(code).toBe(1)
    expect(err).toContain('\n  --operators:1:9\n  1 | DRAFT ⇄ → PUBLISH\n    |         ^\n')
    expect(err).toMatch(/E_UNEXPECTED · nothing was written\n$/)
  })

  it('answers a program with JSON, failures too', async () => {
    const root = projectWith({})
    const done = JSON.parse((await rgen(['g', 'function', 'SendEmail', '--json'], root)).out)
    expect(done).toMatchObject({ command: 'rgen g function SendEmail', written: true })
    expect(done.changes).toContainEqual({ kind: 'create', path: 'src/functions/send-email.ts' })
    const failed = await rgen(['g', 'function', 'class', '--json'], root)
    expect(failed).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(failed.out)).toMatchObject({
      error: { code: 'GEN_NAME_RESERVED', state: 'nothing was written' },
    })
  })

  it('says that a folder is no project', async () => {
    const { code, err } = await rgen(['g', 'agent', 'Research'], folderWith({}))
    expect(code).toBe(1)
    expect(err).toContain('CLI_NO_PROJECT · nothing was written')
  })

  it('writes the figures of the settings into generated code', async () => {
    const root = projectWith({ 'config/settings.yaml': 'retry:\n  max_attempts: 9\n' })
    await rgen(['g', 'function', 'SendEmail'], root)
    await rgen(['g', 'pipeline', 'Campaign', '--operators', 'SEND_EMAIL', '--style', 'functions'], root)
    expect(readFileSync(join(root, 'src/workflows/campaign.ts'), 'utf8')).toContain('maximumAttempts: 9')
  })
})
