// The servers that everybody has, with our client.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { temporaryRoot, testProject } from './fixtures/project.fixture.ts'

const require = createRequire(import.meta.url)
const peer = (name: string) => {
  const entry = join(
    dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)),
    'dist',
    'index.js',
  )
  return { command: process.execPath, args: [entry] }
}

describe('third-party servers', () => {
  it('server-everything: tools, progress, structured results, resources and prompts', async () => {
    await using project = testProject([{ name: 'everything', ...peer('server-everything') }])
    const client = project.servers.client('everything')
    expect((await client.list()).map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'get-sum']))
    await expect(client.call('echo', { message: 'hello' })).resolves.toContain('hello')
    await expect(client.call('get-sum', { a: 2, b: 40 })).resolves.toContain('42')
    await expect(client.call('get-structured-content', { location: 'Chicago' })).resolves.toMatchObject({
      temperature: expect.any(Number),
    })
    const seen: number[] = []
    await client.call(
      'trigger-long-running-operation',
      { duration: 0.2, steps: 4 },
      { onProgress: ({ progress }) => seen.push(progress) },
    )
    expect(seen).toEqual([1, 2, 3, 4])
    const image = await client.callTool('get-tiny-image')
    expect(image.content.map(({ type }) => type)).toContain('image')
    const [resource] = await client.listResources()
    expect((await client.readResource(resource?.uri ?? '')).contents).not.toHaveLength(0)
    const prompts = await client.listPrompts()
    expect((await client.getPrompt(prompts[0]?.name ?? '')).messages).not.toHaveLength(0)
  })

  it('server-filesystem: reads what it may and refuses what it may not', async () => {
    const root = temporaryRoot()
    const files = join(root, 'files')
    mkdirSync(files)
    writeFileSync(join(files, 'note.txt'), 'remember the milk')
    const { command, args } = peer('server-filesystem')
    await using project = testProject([{ name: 'files', command, args: [...args, files] }], { root })
    const client = project.servers.client('files')
    await expect(client.call('read_text_file', { path: join(files, 'note.txt') })).resolves.toMatchObject({
      content: 'remember the milk',
    })
    await expect(client.call('read_text_file', { path: '/etc/passwd' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
    })
    await expect(client.call('read_text_file', {})).rejects.toMatchObject({ code: 'TOOL_INVALID_ARGUMENTS' })
  })

  it('server-memory: keeps what it is told', async () => {
    const root = temporaryRoot()
    await using project = testProject(
      [{ name: 'memory', ...peer('server-memory'), env: { MEMORY_FILE_PATH: join(root, 'memory.json') } }],
      { root },
    )
    const client = project.servers.client('memory')
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }]
    await client.call('create_entities', { entities })
    await expect(client.call('search_nodes', { query: 'Ada' })).resolves.toMatchObject({ entities })
  })
})
