import { describe, expect, it } from '@jest/globals'
import { sleep } from '@rgen/engine/agent'
import { createTestEngine } from '../testing/test-engine.ts'
import type { LlmMessage, LlmRequest } from '../llm/messages.ts'
import { llm } from './llm.ts'

const ask = { messages: [{ role: 'user', content: 'What is 6 times 7?' }] } as const
const calculator = { calc: { multiply: async ({ a, b }: { a: number; b: number }) => ({ value: a * b }) } }
const multiply = { toolCalls: [{ id: 'call-1', name: 'calc__multiply', arguments: { a: 6, b: 7 } }] }

async function askWithTools() {
  return llm.chat({ ...ask, toolServers: ['calc'], maxToolRounds: 2 })
}

async function askWithApproval() {
  return llm.chat({
    ...ask,
    toolServers: ['calc'],
    approval: { tools: ['calc.multiply'], timeout: '1 hour' },
  })
}

/** The results of tools that a request carries. */
function results({ messages }: LlmRequest): readonly LlmMessage[] {
  return messages.filter(({ role }) => role === 'tool')
}

function text({ content }: LlmMessage): string {
  return typeof content === 'string' ? content : ''
}

describe('llm.chat with tool servers', () => {
  it('offers the tools, runs what the model asks for as steps, and answers with the results in hand', async () => {
    const offered: string[][] = []
    await using engine = await createTestEngine({
      agents: { askWithTools },
      tools: calculator,
      llm: (request) => {
        offered.push((request.tools ?? []).map(({ name }) => name))
        const [result] = results(request)
        return result === undefined ? multiply : `It is ${JSON.parse(text(result)).value}.`
      },
    })
    const run = await engine.start(askWithTools)
    expect((await run.result()).content).toBe('It is 42.')
    expect(offered).toEqual([['calc__multiply'], ['calc__multiply']])
    expect((await run.steps()).map(({ name }) => name)).toEqual([
      'rgen.tools.list',
      'rgen.llm.chat',
      'rgen.tools.call',
      'rgen.llm.chat',
    ])
  })

  it('tells the model when a tool fails, and goes on', async () => {
    await using engine = await createTestEngine({
      agents: { askWithTools },
      tools: {
        calc: {
          multiply: async () => {
            throw new Error('out of paper')
          },
        },
      },
      llm: (request) => {
        const [result] = results(request)
        return result === undefined ? multiply : `${String(result.isError)}: ${text(result)}`
      },
    })
    expect((await engine.execute(askWithTools)).content).toMatch(/^true: .*out of paper/)
  })

  it('tells the model that it asked for a tool that does not exist', async () => {
    await using engine = await createTestEngine({
      agents: { askWithTools },
      tools: calculator,
      llm: (request) => {
        const [result] = results(request)
        return result === undefined
          ? { toolCalls: [{ id: 'call-1', name: 'calc__divide', arguments: {} }] }
          : text(result)
      },
    })
    expect((await engine.execute(askWithTools)).content).toBe('There is no tool named calc__divide.')
  })

  it('ends with an error when the model never stops asking', async () => {
    await using engine = await createTestEngine({
      agents: { askWithTools },
      tools: calculator,
      llm: () => multiply,
    })
    await expect(engine.execute(askWithTools)).rejects.toThrow('still asks for tools after 2 rounds')
  })

  it('waits for the approval of a marked tool, over a restart', async () => {
    await using engine = await createTestEngine({
      agents: { askWithApproval },
      tools: calculator,
      llm: (request) => (results(request).length === 0 ? multiply : 'done'),
    })
    const run = await engine.start(askWithApproval)
    await engine.settle()
    expect((await run.steps()).map(({ name }) => name)).not.toContain('rgen.tools.call')
    await engine.restart()
    await run.event('approveTool', { callId: 'call-1', approved: true })
    expect((await run.result()).content).toBe('done')
    expect((await run.steps()).map(({ name }) => name)).toContain('rgen.tools.call')
  })

  it('takes silence for a refusal once the approval has timed out', async () => {
    await using engine = await createTestEngine({
      agents: { askWithApproval },
      tools: calculator,
      llm: (request) => {
        const [result] = results(request)
        return result === undefined ? multiply : text(result)
      },
    })
    expect((await engine.execute(askWithApproval)).content).toBe('The call was not approved.')
  })

  it('can ask twice in one run with approvals', async () => {
    async function twice() {
      const first = await askWithApproval()
      await sleep(1)
      const second = await askWithApproval()
      return [first.content, second.content]
    }
    await using engine = await createTestEngine({
      agents: { twice },
      tools: calculator,
      llm: (request) => (results(request).length === 0 ? multiply : 'done'),
    })
    const run = await engine.start(twice)
    await engine.settle()
    await run.event('approveTool', { callId: 'call-1', approved: true })
    await engine.settle()
    await run.event('approveTool', { callId: 'call-1', approved: true })
    expect(await run.result()).toEqual(['done', 'done'])
  })

  it('asks for each approval anew when the model counts its calls from the start in each answer', async () => {
    await using engine = await createTestEngine({
      agents: { askWithApproval },
      tools: calculator,
      llm: (request) => (results(request).length < 2 ? multiply : 'done'),
    })
    const run = await engine.start(askWithApproval)
    await engine.settle()
    await run.event('approveTool', { callId: 'call-1', approved: true })
    await engine.settle()
    expect((await run.steps()).filter(({ name }) => name === 'rgen.tools.call')).toHaveLength(1)
    await run.event('approveTool', { callId: 'call-1', approved: true })
    expect((await run.result()).content).toBe('done')
  })

  it('tells tools apart whose names differ in what providers do not accept, or in their ends', async () => {
    const long = 'x'.repeat(70)
    let offered: string[] = []
    const called: string[] = []
    const tool = (name: string): [string, () => Promise<string>] => [
      name,
      async () => {
        called.push(name)
        return name
      },
    ]
    await using engine = await createTestEngine({
      agents: { askWithTools },
      tools: { calc: Object.fromEntries(['a.b', 'a_b', `${long}1`, `${long}2`].map(tool)) },
      llm: (request) => {
        offered = (request.tools ?? []).map(({ name }) => name)
        if (results(request).length > 0) return 'done'
        return { toolCalls: offered.map((name, index) => ({ id: `call-${index}`, name, arguments: {} })) }
      },
    })
    await engine.execute(askWithTools)
    expect(new Set(offered).size).toBe(4)
    expect(offered.every((name) => /^[\w-]{1,64}$/.test(name))).toBe(true)
    expect(called.toSorted()).toEqual(['a.b', 'a_b', `${long}1`, `${long}2`])
  })

  it('hands a call of a tool that the request brought back to the caller, once the model asks for it alone', async () => {
    const lookUp = { id: 'call-2', name: 'look_up', arguments: {} }
    async function askWithBoth() {
      return llm.chat({
        ...ask,
        tools: [{ name: 'look_up', parameters: { type: 'object' } }],
        toolServers: ['calc'],
      })
    }
    const seen: string[][] = []
    await using engine = await createTestEngine({
      agents: { askWithBoth },
      tools: calculator,
      llm: (request) => {
        seen.push(results(request).map(text))
        return results(request).length === 0
          ? { toolCalls: [...multiply.toolCalls, lookUp] }
          : { toolCalls: [lookUp] }
      },
    })
    const { toolCalls } = await engine.execute(askWithBoth)
    expect(toolCalls).toEqual([lookUp])
    expect(seen[1]).toEqual(['{"value":42}', expect.stringContaining('call it alone')])
  })
})
