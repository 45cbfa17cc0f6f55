// One contender through all scenarios, in this process: node contender.js <name> <folder> <folder of peers>
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [, , name, folder, peersFolder] = process.argv
mkdirSync(folder, { recursive: true })
const peers = createRequire(join(peersFolder || folder, 'package.json'))

/** When each step was run: every contender calls this from its step. */
const stamps = []
const work = () => {
  stamps.push(performance.now())
  return stamps.length
}

process.once('SIGTERM', () => process.exit(1))

try {
  const { open } = await import(`./contenders/${name}.js`)
  const contender = await open({
    folder,
    work,
    requirePeer: peers,
    importPeer: (peer) => import(pathToFileURL(peers.resolve(peer))),
  })
  try {
    process.send(await measure(contender))
  } finally {
    await contender.close()
  }
} catch (error) {
  process.send({ failure: String(error.message ?? error).slice(0, 500) })
}
process.disconnect()
process.exit()

async function measure(contender) {
  await contender.run(50)
  const stepMs = await medianOf(5, () => stepLatency(contender, 200))
  const wide = { asked: 50, ...(await throughput(contender, 50, 20, 3)) }
  // Nobody learns more from a slow contender by waiting for minutes.
  const affordable = Math.floor(((wide.steps / wide.seconds) * 6) / 10)
  const many = {
    asked: 2000,
    ...(await throughput(contender, Math.min(2000, Math.max(50, affordable)), 10, 1)),
  }
  const oneStepMs = await medianWithin(1_200, () => elapsed(() => contender.start(1)))
  const send = await contender.echo()
  for (let warm = 0; warm < 5; warm += 1) await send(warm)
  const eventMs = await medianWithin(1_200, (index) => elapsed(() => send(index)))
  const replayMs = contender.replay === undefined ? undefined : await contender.replay(1000)
  return {
    version: contender.version,
    note: contender.note,
    stepMs,
    wide,
    many,
    oneStepMs,
    eventMs,
    replayMs,
  }
}

/** From the first step to the last: what lies before and after them is another figure's business. */
async function stepLatency(contender, steps) {
  stamps.length = 0
  await contender.run(steps)
  return (stamps.at(-1) - stamps[0]) / (steps - 1)
}

async function throughput(contender, runs, steps, rounds) {
  const ms = await medianOf(rounds, () =>
    elapsed(() => Promise.all(Array.from({ length: runs }, () => contender.run(steps)))),
  )
  return { runs, steps: runs * steps, seconds: ms / 1000 }
}

async function elapsed(run) {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

async function medianOf(rounds, measureOnce) {
  const samples = []
  for (let round = 0; round < rounds; round += 1) samples.push(await measureOnce())
  return median(samples)
}

/** As often as fits into a time, at most 300 times. */
async function medianWithin(milliseconds, measureOnce) {
  const samples = []
  const startedAt = performance.now()
  while (samples.length < 300 && (samples.length < 3 || performance.now() - startedAt < milliseconds))
    samples.push(await measureOnce(samples.length))
  return median(samples)
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}
