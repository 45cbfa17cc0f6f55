// DBOS on a PostgreSQL of its own with default settings: commits wait for the disk.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startPostgres } from '../postgres.js'

export async function open({ folder, work, requirePeer }) {
  const postgres = await startPostgres(folder)
  const entry = requirePeer.resolve('@dbos-inc/dbos-sdk')
  const { DBOS } = requirePeer('@dbos-inc/dbos-sdk')
  let bodyBegan = 0
  const loop = DBOS.registerWorkflow(
    async (n) => {
      bodyBegan = performance.now()
      for (let index = 0; index < n; index += 1) await DBOS.runStep(async () => work(), { name: 'work' })
      return performance.now() - bodyBegan
    },
    { name: 'loop' },
  )
  const echo = DBOS.registerWorkflow(
    async () => {
      for (let index = 0; ; index += 1) await DBOS.setEvent(`said-${index}`, await DBOS.recv('say', 60))
    },
    { name: 'echo' },
  )
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: postgres.url,
    logLevel: 'error',
    runAdminServer: false,
  })
  await DBOS.launch()
  const start = async (n) => {
    const handle = await DBOS.startWorkflow(loop)(n)
    await handle.getResult()
    return handle
  }
  return {
    version: versionOf(entry),
    note: `on ${postgres.version}; an event is send, recv, setEvent and getEvent; replay is the body of a fork whose steps are all recorded.`,
    start,
    run: start,
    echo: async () => {
      const { workflowID } = await DBOS.startWorkflow(echo)()
      let sent = 0
      return async (value) => {
        await DBOS.send(workflowID, { value }, 'say')
        return DBOS.getEvent(workflowID, `said-${sent++}`, 10)
      }
    },
    replay: async (steps) => {
      const original = await start(steps)
      const forked = await DBOS.forkWorkflow(original.workflowID, steps)
      return forked.getResult()
    },
    close: async () => {
      // The echo never ends: DBOS is not asked to wait for it.
      await Promise.race([DBOS.shutdown(), new Promise((resolve) => setTimeout(resolve, 1_000))])
      await postgres.stop()
    },
  }
}

function versionOf(entry) {
  const folder = entry.slice(0, entry.lastIndexOf('dbos-sdk') + 'dbos-sdk'.length)
  return JSON.parse(readFileSync(join(dirname(folder), 'dbos-sdk', 'package.json'), 'utf8')).version
}
