import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const demo = readFileSync(join(root, 'scripts', 'demo.js'), 'utf8')

/** The lines of a page's shell blocks that run rgen or a script of the created project. */
function commandsOf(page: string): string[] {
  return [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((block) => block[1]!.split('\n'))
    .filter((line) => /^pnpm (create|rgen|typecheck|lint|test)/.test(line))
}

describe('README.md', () => {
  it('has a tour', () => {
    expect(commandsOf(readme).length).toBeGreaterThan(10)
  })

  it.each(commandsOf(readme).filter((line) => line !== 'pnpm rgen dev'))(
    'shows a command that the demo runs: %s',
    (line) => {
      expect(demo).toContain(line)
    },
  )

  it('starts rgen dev as the demo does', () => {
    expect(commandsOf(readme)).toContain('pnpm rgen dev')
    expect(demo).toContain("spawn('pnpm', ['rgen', 'dev']")
  })

  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!)
  it.each(links)('links to something that exists: %s', (link) => {
    expect(existsSync(join(root, dirname('README.md'), link))).toBe(true)
  })
})
