import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A project in a temporary folder, as far as prompts are concerned. */
export interface TestProject extends Disposable {
  readonly root: string
  write(file: string, text: string): void
  remove(file: string): void
  /** Writes a version's file with a front matter that fits. */
  prompt(name: string, version: string, body: string, front?: string): void
}

/** Paths to texts; a folder is made where one is needed. */
export function testProject(files: Readonly<Record<string, string>> = {}): TestProject {
  const root = mkdtempSync(join(tmpdir(), 'rgen-prompts-'))
  // Files of a test are written within one tick of the clock; each gets a time of its own, long past.
  let changes = 0
  const write = (file: string, text: string) => {
    const path = join(root, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    const changedAt = new Date(Date.UTC(2020, 0, 1) + ++changes * 1000)
    utimesSync(path, changedAt, changedAt)
  }
  for (const [file, text] of Object.entries(files)) write(file, text)
  return {
    root,
    write,
    remove: (file) => rmSync(join(root, file)),
    prompt: (name, version, body, front = '') =>
      write(`prompts/${name}/v${version}.md`, `---\nversion: ${version}\n${front}---\n\n${body}\n`),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A registry of one prompt with these versions. */
export function registryYaml(name: string, versions: readonly string[], more = ''): string {
  const paths = versions.map((version) => `      "${version}": prompts/${name}/v${version}.md`)
  return [
    `prompts:`,
    `  ${name}:`,
    `    versions:`,
    ...paths,
    `    latest: ${versions.at(-1) ?? '""'}`,
    more,
    '',
  ].join('\n')
}
