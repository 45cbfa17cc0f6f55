import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, it } from '@jest/globals'
import { Restack } from '@rgen/engine'
import {
  conformanceAgents,
  conformanceCases,
  conformanceFunctions,
  conformanceModule,
  type Harness,
  type LogLine,
  type Notes,
} from '@rgen/engine/conformance'
import { openTemporalDriver } from './client/driver.ts'
import { describeOnServer } from './server.fixture.ts'

for (const [title, options] of [
  ['Temporal', {}],
  ['Temporal with the conventions of Restack', { engineId: 'lab' }],
] as const) {
  await describeOnServer(`the conformance suite on ${title}`, (server) => {
    const notes: Notes = new Map()
    const lines: LogLine[] = []
    let restack: Restack

    const open = async (): Promise<void> => {
      restack = new Restack({
        driver: openTemporalDriver({
          address: server.address,
          modules: [fileURLToPath(conformanceModule)],
          logger: { log: (level, message, fields) => lines.push({ level, message, fields }) },
          ...options,
        }),
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
      await server.stop()
    })

    it.each(conformanceCases.map((one) => [one.title, one] as const))('%s', async (_title, { run }) =>
      run(harness),
    )
  })
}
