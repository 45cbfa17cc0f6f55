import { describe, expect, it } from '@jest/globals'
import { toProjectPath } from '../plan/path.ts'
import { addVariables } from './env-example.ts'
import { addExports, entriesOf } from './index-file.ts'
import { putInYamlList, setInYaml } from './yaml-file.ts'

const index = toProjectPath('src/agents/index.ts')
const yaml = toProjectPath('config/tools.yaml')

describe('addExports', () => {
  it('keeps the lines sorted, and takes the place of an empty export', () => {
    const entry = (name: string) => ({ exportName: `${name}Agent`, from: `./${name}.ts` })
    const text = addExports('// Agents.\nexport {};\n', [entry('m')], index)
    expect(text).toBe('// Agents.\nexport { mAgent } from "./m.ts";\n')
    expect(addExports(text, [entry('z'), entry('a')], index)).toBe(
      '// Agents.\nexport { aAgent } from "./a.ts";\nexport { mAgent } from "./m.ts";\nexport { zAgent } from "./z.ts";\n',
    )
  })

  it('leaves what the user wrote as it is: order, comments, line ends, a missing last line end', () => {
    const mine = "// mine\r\nexport { b as other } from './b.ts'\r\n\r\nexport const extra = 1"
    expect(addExports(mine, [{ exportName: 'cAgent', from: './c.ts' }], index)).toBe(
      '// mine\r\nexport { b as other } from \'./b.ts\'\r\nexport { cAgent } from "./c.ts";\r\n\r\nexport const extra = 1\r\n',
    )
  })

  it('adds nothing twice', () => {
    const text = 'export { aAgent } from "./a.ts";\n'
    expect(addExports(text, [{ exportName: 'aAgent', from: './a.ts' }], index)).toBe(text)
  })

  it('refuses a name that another file exports', () => {
    const text = 'export { one, aAgent } from "./one.ts";\n'
    expect(() => addExports(text, [{ exportName: 'aAgent', from: './a.ts' }], index)).toThrow(
      expect.objectContaining({ code: 'GEN_NAME_TAKEN' }),
    )
    expect(entriesOf(text).map((entry) => entry.exportName)).toEqual(['one', 'aAgent'])
  })
})

describe('YAML files', () => {
  it('keep comments, order and quotes when an item is added', () => {
    const text = '# top\nservers:\n  # first\n  - name: \'a\' # one\n    url: "https://x"\nother: [1, 2]\n'
    expect(putInYamlList(text, yaml, ['servers'], { name: 'b', url: 'https://y' })).toBe(
      '# top\nservers:\n  # first\n  - name: \'a\' # one\n    url: "https://x"\n  - name: b\n    url: https://y\nother: [1, 2]\n',
    )
  })

  it('keep lists that stand without indentation, and line ends of Windows', () => {
    expect(putInYamlList('servers:\r\n- name: a\r\n', yaml, ['servers'], { name: 'b' })).toBe(
      'servers:\r\n- name: a\r\n- name: b\r\n',
    )
  })

  it.each(['', '# only a comment\n', 'servers:\n', 'servers: []\n'])('begin a list in %j', (text) => {
    expect(putInYamlList(text, yaml, ['servers'], { name: 'a' })).toContain('servers:\n  - name: a\n')
  })

  it.each(['', 'prompts:\n', 'prompts: {}\n'])('begin a mapping in %j', (text) => {
    expect(setInYaml(text, yaml, ['prompts', 'a', 'latest'], '1.0.0')).toBe(
      'prompts:\n  a:\n    latest: 1.0.0\n',
    )
  })

  it('are refused with line and column when they are no YAML, or of another shape', () => {
    const shape = (message: RegExp) =>
      expect.objectContaining({ code: 'GEN_FILE_SHAPE', message: expect.stringMatching(message) })
    expect(() => setInYaml('a: [\n', yaml, ['a'], 1)).toThrow(
      shape(/config\/tools\.yaml:\d+:\d+ is not valid YAML/),
    )
    expect(() => setInYaml('- a\n', yaml, ['a'], 1)).toThrow(shape(/top level is not a mapping/))
    expect(() => setInYaml('prompts: text\n', yaml, ['prompts', 'a'], 1)).toThrow(
      shape(/prompts is not a mapping/),
    )
    expect(() => putInYamlList('servers: text\n', yaml, ['servers'], { name: 'a' })).toThrow(
      shape(/servers is not a list/),
    )
  })
})

describe('addVariables', () => {
  it('adds what is missing at the end, each with its comment', () => {
    expect(
      addVariables('A=1', [
        { name: 'A', comment: 'a' },
        { name: 'B', comment: 'The b.' },
      ]),
    ).toBe('A=1\n\n# The b.\nB=\n')
    expect(addVariables('#A=\n', [{ name: 'A', comment: 'a' }])).toBe('#A=\n')
  })
})
