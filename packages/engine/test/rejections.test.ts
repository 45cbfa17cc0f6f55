import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'rgen-rejections-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const dist = new URL('../dist/', import.meta.url).href

/** Runs a service in a process of its own: what it says, and how it ends. */
function run(name: string, agent: string, after: string): { status: number | null; stdout: string } {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(
    file,
    `import Restack from '${dist}index.js'
import { sleep, step } from '${dist}agent.js'
const once = { retry: { maximumAttempts: 1 } }
async function hastyAgent() { ${agent} }
const functions = { fail: async () => { throw new Error('nobody listens') } }
const restack = new Restack({ database: '${join(folder, name)}.db', logger: { log: () => undefined } })
await restack.startService({ agents: { hastyAgent }, functions })
await restack.scheduleAgent({ agentName: 'hastyAgent', agentId: 'hasty' })
console.log(await restack.getAgentResult({ agentId: 'hasty' }))
${after}
await restack.close()
`,
  )
  const { status, stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 })
  return { status, stdout: stdout.trim() }
}

describe('a rejection that nobody handles', () => {
  it('of a step, or of what agent code made of it, does not end the process', () => {
    const agent = `void step(once).fail()
      void step(once).fail().then((value) => value)
      void (async () => { await step(once).fail() })()
      await sleep(50)
      return 'still here'`
    expect(run('steps', agent, '')).toEqual({ status: 0, stdout: 'still here' })
  })

  it('from elsewhere ends the process, as without the engine', () => {
    const elsewhere = `void Promise.reject(new Error('elsewhere')); await new Promise((done) => setTimeout(done, 50)); console.log('no')`
    expect(run('elsewhere', `return 'done'`, elsewhere)).toEqual({ status: 1, stdout: 'done' })
  })
})
