import { describe, expect, it } from '@jest/globals'
import { localName, serverId, serverQueue } from './names.ts'

describe('names on the server', () => {
  it('are what they are with plain Temporal', () => {
    expect([serverId(undefined, 'a'), serverQueue(undefined, 'q'), localName(undefined, 'local-a')]).toEqual([
      'a',
      'q',
      'local-a',
    ])
  })

  it('carry the engine id with Restack, ids once only', () => {
    expect([serverId('local', 'a'), serverId('local', 'local-a')]).toEqual(['local-a', 'local-a'])
    expect(serverQueue('local', 'restack')).toBe('local-restack')
    expect(localName('local', 'local-a')).toBe('a')
  })
})
