import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  conformanceAgents,
  conformanceCases,
  conformanceFunctions,
  type Harness,
  type LogLine,
  type Notes,
} from '../src/conformance.ts'
import { Restack } from '../src/index.ts'

describe('the embedded engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-conformance-'))
  const notes: Notes = new Map()
  const lines: LogLine[] = []
  let restack: Restack

  const open = async (): Promise<void> => {
    restack = new Restack({
      database: join(folder, 'engine.db'),
      logger: { log: (level, message, fields) => lines.push({ level, message, fields }) },
    })
    const { childWorkflow, tickWorkflow, ...agents } = conformanceAgents
    await restack.startService({
      agents,
      workflows: { childWorkflow, tickWorkflow },
      functions: conformanceFunctions(notes, () => restack),
    })
  }
  const harness: Harness = {
    get restack() {
      return restack
    },
    notes,
    lines,
    restart: async () => {
      await restack.close()
      await open()
    },
  }
  beforeAll(open)
  afterAll(async () => {
    await restack.close()
    rmSync(folder, { recursive: true })
  })

  it.each(conformanceCases.map((one) => [one.title, one] as const))('%s', async (_title, { run }) =>
    run(harness),
  )
})
