import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { folderWith, rgen } from './rgen.fixture.ts'

const project = (): string =>
  folderWith({
    'package.json': '{ "dependencies": { "@rgen/runtime": "*" } }',
    'src/functions/index.ts': 'export { draft } from "./draft.ts";\n',
    'src/workflows/blog-post.ts': 'export const operators =\n  "DRAFT → agent:Publish";\n',
  })

const graph = (cwd: string, ...argv: string[]) => rgen(['graph', ...argv], cwd)

describe('rgen graph', () => {
  it('draws an expression, inside a project or not', async () => {
    const { code, out } = await graph(tmpdir(), 'A → B', '--format', 'mermaid')
    expect({ code, out }).toEqual({ code: 0, out: 'flowchart LR\n  s1["A"]\n  s2["B"]\n  s1 --> s2\n' })
    expect((await graph(project(), 'DRAFT -> DRAFT')).out).toBe(
      '→ in order\n├─ DRAFT (function)\n└─ DRAFT (function)\n',
    )
  })

  it('draws a pipeline of the project by its name, in any spelling', async () => {
    for (const name of ['BlogPost', 'blog-post', 'blogPostWorkflow']) {
      expect((await graph(project(), name)).out).toBe('→ in order\n├─ DRAFT\n└─ agent:Publish\n')
    }
  })

  it('draws a pipeline whose file was formatted without semicolons and with single quotes', async () => {
    const root = folderWith({
      'package.json': '{ "dependencies": { "@rgen/runtime": "*" } }',
      'src/workflows/blog-post.ts':
        "export const operators = 'DRAFT → agent:Publish'\nexport const other = 1\n",
    })
    expect((await graph(root, 'BlogPost')).out).toBe('→ in order\n├─ DRAFT\n└─ agent:Publish\n')
  })

  it('writes the format that the ending of the file says', async () => {
    const root = project()
    expect((await graph(root, 'BlogPost', '--out', 'blog.svg')).code).toBe(0)
    expect(readFileSync(join(root, 'blog.svg'), 'utf8')).toMatch(/^<svg xmlns=/)
    await graph(root, 'BlogPost', '--out', 'blog.dot')
    expect(readFileSync(join(root, 'blog.dot'), 'utf8')).toMatch(/^digraph pipeline \{/)
  })

  it('points at the mistake of an expression', async () => {
    const { code, err } = await graph(tmpdir(), 'A → ? B')
    expect(code).toBe(1)
    expect(err).toContain('  1 | A → ? B\n    |     ^\n')
    expect(err).toContain('E_CHAR')
  })

  it('names the pipelines that there are when the name is none of them', async () => {
    const { code, err } = await graph(project(), 'BlogPots')
    expect(code).toBe(1)
    expect(err).toContain('There are: blog-post.')
    expect(err).toContain('CLI_UNKNOWN_NAME')
  })
})
