// A service that may be told where to die: node service.mjs <database> <effects> [<point> <count>]
import { EmbeddedDriver } from '../../dist/worker/embedded-driver.js'
import { loadService } from '../../dist/client/load-service.js'
import { agents, functionsFor, workflows } from './agents.mjs'

const [database, effects, point, count] = process.argv.slice(2)
let left = Number(count ?? Infinity)
const reached = (name) => {
  if (name !== point) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}
const quiet = { log: (level, message) => level === 'error' && process.stderr.write(`${message}\n`) }
const driver = new EmbeddedDriver({ database, logger: quiet }, { reached, leaseMs: 500 })
await driver.startService(await loadService({ agents, workflows, functions: functionsFor(effects) }))
process.stdout.write('ready\n')
