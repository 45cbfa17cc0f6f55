import { step } from '../../packages/engine/dist/agent.js'

/** `count` steps, one after the other. */
export async function sequentialAgent(count) {
  let n = 0
  for (let index = 0; index < count; index += 1) n = await step({ startToCloseTimeout: '1m' }).increment(n)
  return n
}

/** `count` steps at once. */
export async function parallelAgent(count) {
  const steps = Array.from({ length: count }, (_, n) => step({ startToCloseTimeout: '1m' }).increment(n))
  return (await Promise.all(steps)).length
}
