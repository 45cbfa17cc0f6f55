// The crash matrix: real processes, killed with SIGKILL at named points and at random moments (see scene.mjs for what
// must hold then). `npm run torture` does the random part for as long as wanted.
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  beginScene,
  checkScene,
  endScene,
  keepRunning,
  killAtRandom,
  points,
  work,
  type Scene,
} from './scene.mjs'

const scenes: Scene[] = []

afterEach(async () => {
  for (const scene of scenes.splice(0)) await endScene(scene)
})

function begin(seed: string): Scene {
  const scene = beginScene(seed)
  scenes.push(scene)
  return scene
}

/** How often a process may meet what is rare before it dies of it. */
const rare: Readonly<Record<string, number>> = { replaying: 4, 'continue-as-new': 2, 'child-start': 2 }
const seed = process.env['RGEN_CRASH_SEED'] ?? 'matrix'

describe.each([1, 2])('with %i processes on one file', (processes) => {
  it.each(points)(`nothing is lost or done twice when they die: %s (seed ${seed})`, async (point) => {
    const scene = begin(`${seed} ${point} ${processes}`)
    let lives = 0
    const fate = (): readonly string[] => {
      lives += 1
      // Each dies a few times, later and later; then one is left alone to finish.
      if (lives > 6) return []
      // Only a process that comes after one that died has anything to replay.
      const reachable = point === 'replaying' && lives <= processes ? 'after-commit' : point
      const most = rare[reachable] ?? 10 * lives
      return [reachable, String(1 + (scene.random.nextUint32() % most))]
    }
    for (let index = 0; index < processes; index += 1) keepRunning(scene, fate)
    await work(scene)
    const { steps } = await checkScene(scene)
    expect(steps).toBeGreaterThan(0)
    expect(scene.kills).toBeGreaterThan(0)
  })

  it(`nothing is lost or done twice when they die at any moment (seed ${seed})`, async () => {
    const scene = begin(`${seed} random ${processes}`)
    for (let index = 0; index < processes; index += 1) keepRunning(scene, () => [])
    const stop = killAtRandom(scene, 8)
    try {
      await work(scene)
    } finally {
      stop()
    }
    const { steps } = await checkScene(scene)
    expect(steps).toBeGreaterThan(0)
    expect(scene.kills).toBeGreaterThan(0)
  })
})
