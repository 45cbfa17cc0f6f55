// npm run torture -- --minutes 30 --seed N: the random part of the engine's crash tests, for as long as wanted. Real
// services on one file, one or two at a time, killed at random moments and at named points, while another process holds
// the file's lock now and then. Ends with its figures, also on Ctrl+C; exit code 1 when anything was violated, and what
// the violation left behind is kept.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './pnpm.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error(`✖ --minutes takes a number above 0, not "${values.minutes}".`)
  process.exit(2)
}

const turbo = join(root, 'node_modules', '.bin', 'turbo')
const built = spawnSync(turbo, ['run', 'build', '--filter=@rgen/engine', '--output-logs=errors-only'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (built.status !== 0) process.exit(2)

const engine = new URL('../packages/engine/', import.meta.url)
const { beginScene, checkScene, endScene, keepRunning, killAtRandom, points, work } = await import(
  new URL('test/crash/scene.mjs', engine).href
)
const { SqliteStorage } = await import(new URL('dist/storage/sqlite/sqlite-storage.js', engine).href)

/** Work that is not done by then is stuck: it takes seconds, however often services die. */
const stuckAfterMs = 120_000
const worksPerRound = 3

const startedAt = performance.now()
const figures = { rounds: 0, kills: 0, locks: 0, runs: 0, events: 0, steps: 0, violations: 0 }
const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupt.abort())
const interrupted = once(interrupt.signal, 'abort').then(() => 'interrupted')

console.log(`Seed ${values.seed}, ${minutes} minutes. Ctrl+C ends it with the figures so far.`)
let printedAt = startedAt
while (!interrupt.signal.aborted && performance.now() - startedAt < minutes * 60_000) {
  await round(`${values.seed} ${figures.rounds}`)
  if (performance.now() - printedAt > 30_000) {
    printedAt = performance.now()
    print()
  }
}
print()
console.log(
  figures.violations === 0 ? '✔ Nothing was violated.' : `✖ Seed ${values.seed}: see the violations above.`,
)
process.exit(figures.violations === 0 ? 0 : 1)

async function round(seed) {
  const scene = beginScene(seed)
  const chance = (oneIn) => scene.random.nextUint32() % oneIn === 0
  /** Half of the services die by themselves, at a point where a kill from outside would seldom meet them. */
  const fate = () =>
    chance(2)
      ? [points[scene.random.nextUint32() % points.length], String(1 + (scene.random.nextUint32() % 60))]
      : []
  for (let processes = chance(2) ? 1 : 2; processes > 0; processes -= 1) keepRunning(scene, fate)
  const stops = [killAtRandom(scene), lockAtRandom(scene)]
  const stop = () => stops.splice(0).forEach((each) => each())
  let stuck
  try {
    const works = Array.from({ length: worksPerRound }, (_, index) => work(scene, `${index}-`))
    const tooLate = new Promise((_, fail) => {
      stuck = setTimeout(() => fail(new Error(`stuck: ${stuckAfterMs / 1000} s`)), stuckAfterMs)
    })
    const ended = await Promise.race([Promise.all(works), tooLate, interrupted])
    stop()
    const seen =
      ended === 'interrupted' ? { runs: 0, events: scene.events, steps: 0 } : await checkScene(scene)
    for (const [name, count] of Object.entries(seen)) figures[name] += count
    figures.rounds += 1
  } catch (error) {
    figures.violations += 1
    figures.rounds += 1
    const kept = join(root, '.cache', 'torture', seed.replace(/[^\w-]/g, '_'))
    cpSync(scene.folder, kept, { recursive: true })
    console.error(`✖ Round "${seed}": ${error.stack ?? error}\n  database and effects kept in ${kept}`)
  } finally {
    stop()
    clearTimeout(stuck)
    figures.kills += scene.kills
    await endScene(scene)
  }
}

/** Holds the write lock of the file now and then, as a backup or a person with the sqlite3 shell might. */
function lockAtRandom(scene) {
  const storage = new SqliteStorage(join(scene.folder, 'engine.db'))
  const locker = setInterval(
    () => {
      storage.transaction(() => {
        const until = performance.now() + (scene.random.nextUint32() % 80)
        while (performance.now() < until);
      })
      figures.locks += 1
    },
    400 + (scene.random.nextUint32() % 400),
  )
  return () => {
    clearInterval(locker)
    storage.close()
  }
}

function print() {
  const { rounds, kills, locks, runs, events, steps, violations } = figures
  const time = ((performance.now() - startedAt) / 60_000).toFixed(1)
  console.log(
    `${time} min  seed ${values.seed}  rounds ${rounds}  kills ${kills}  locks held ${locks}  runs ${runs}  events ${events}  steps ${steps}  violations ${violations}`,
  )
}
