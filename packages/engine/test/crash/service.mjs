// A service that may be told where to die: node service.mjs <database> <effects> [<point> <count>]. A point is one of the
// engine's own (CrashPoint), or what a commit is about: then the process dies before or after one, in turns.
import { EmbeddedDriver } from '../../dist/worker/embedded-driver.js'
import { loadService } from '../../dist/client/load-service.js'
import { agents, functionsFor, workflows } from './agents.mjs'

const [database, effects, point, count] = process.argv.slice(2)
const asksFor = (type) => (activated) =>
  activated.some(({ execution }) => execution.peek().some((command) => command.type === type))
const occasions = {
  handler: (activated) => activated.some(({ execution }) => execution.runningHandlers > 0),
  'continue-as-new': asksFor('ContinuedAsNew'),
  'child-start': asksFor('ChildRequested'),
  schedule: () => driver.storage.schedules.due(Date.now()).length > 0,
}
const occasion = occasions[point]
const deadly = Number(count) % 2 === 0 ? 'before-commit' : 'after-commit'
let left = Number(count ?? Infinity)
let occurs = false
const reached = (name, activated = []) => {
  // What is committed is known before: afterwards it has been taken out of memory.
  if (name === 'before-commit' && occasion !== undefined) occurs = occasion(activated)
  if (occasion === undefined ? name !== point : name !== deadly || !occurs) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}
const quiet = { log: (level, message) => level === 'error' && process.stderr.write(`${message}\n`) }
const driver = new EmbeddedDriver({ database, logger: quiet }, { reached, leaseMs: 500 })
await driver.startService(await loadService({ agents, workflows, functions: functionsFor(effects) }))
process.stdout.write('ready\n')
