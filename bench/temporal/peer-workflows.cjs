// The same workload as agents.js, written by hand with Temporal's own SDK.
const { proxyActivities } = require('@temporalio/workflow')

const { increment } = proxyActivities({ startToCloseTimeout: '1m' })

exports.sequentialAgent = async (count) => {
  let n = 0
  for (let index = 0; index < count; index += 1) n = await increment(n)
  return n
}

exports.parallelAgent = async (count) => {
  const steps = Array.from({ length: count }, (_, n) => increment(n))
  return (await Promise.all(steps)).length
}
