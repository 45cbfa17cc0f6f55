import { describe, expect, it } from '@jest/globals'
import { recordIo } from '../io.fixture.ts'
import { printReady } from './ready-summary.ts'

describe('printReady', () => {
  it('says where everything is, and which tool server is not well', () => {
    const text = printReady(
      {
        type: 'ready',
        pid: 1,
        engine: { driver: 'embedded', place: '/app/.rgen/engine.db' },
        taskQueue: 'restack',
        agents: ['researchAgent'],
        workflows: [],
        functions: ['sendEmail'],
        toolServers: [
          { name: 'research', state: 'ready', tools: 3 },
          { name: 'docs', state: 'failed', tools: 0, error: 'exited with code 1' },
        ],
        llm: { providers: ['mock'] },
        http: { url: 'http://127.0.0.1:11233' },
      },
      { root: '/app', startedInMs: 411.6 },
      recordIo().stdout,
    )
    expect(text).toBe(`
  ✓ Ready in 412 ms
    engine     .rgen/engine.db
    queue      restack
    agents     researchAgent
    functions  sendEmail
    tools      ✓ research 3 tools
               ✗ docs failed: exited with code 1
    llm        mock (no key is set: it answers from what it is given)
    http       http://127.0.0.1:11233

`)
  })
  it('names the server where the engine is Temporal', () => {
    const text = printReady(
      {
        type: 'ready',
        pid: 1,
        engine: { driver: 'temporal', place: 'temporal.example.com:7233' },
        taskQueue: 'restack',
        agents: [],
        workflows: [],
        functions: [],
        toolServers: [],
        llm: { providers: ['mock'] },
      },
      { root: '/app', startedInMs: 1 },
      recordIo().stdout,
    )
    expect(text).toContain('engine     Temporal at temporal.example.com:7233\n')
  })
})
