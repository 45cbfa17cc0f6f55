// The work of the crash tests: every effect is a line in a file, so that what happened twice can be seen.
import { appendFileSync } from 'node:fs'
import {
  agentContinueAsNew,
  allEventsFinished,
  childExecute,
  condition,
  defineEvent,
  externalAgent,
  onEvent,
  sleep,
  step,
} from '../../dist/agent.js'
import { functionInfo } from '../../dist/function.js'

export function functionsFor(effectsFile) {
  return {
    effect: async (value) => {
      appendFileSync(effectsFile, `${functionInfo().idempotencyKey} ${value}\n`)
      return value
    },
  }
}

const effect = (value) => step({ startToCloseTimeout: '5s', retry: { initialInterval: 5 } }).effect(value)

async function stepsWorkflow({ n }) {
  let sum = 0
  for (let index = 0; index < n; index += 1) sum += await effect(index)
  return sum
}

async function timersWorkflow({ n }) {
  for (let index = 0; index < n; index += 1) await sleep(5)
  return n
}

/** Children one after another, each in a commit of its own, then several in one. */
async function parentWorkflow({ id, n }) {
  const child = (index) =>
    childExecute({ child: 'stepsWorkflow', childId: `${id}-child-${index}`, input: { n: 3 } })
  let sum = 0
  for (let index = 0; index < n; index += 1) sum += await child(index)
  const together = await Promise.all([child(n), child(n + 1)])
  return together.reduce((total, value) => total + value, sum)
}

/** Collects numbers in order of arrival over several lives; every fifth begins a new one. */
async function collectorAgent({ collected = [] } = {}) {
  let ended = false
  let fresh = 0
  onEvent(defineEvent('number'), async (value) => {
    collected.push(value)
    await effect(value)
    fresh += 1
    return collected.length
  })
  onEvent(defineEvent('end'), () => {
    ended = true
  })
  await condition(() => ended || fresh >= 5)
  await condition(allEventsFinished)
  if (ended) return collected
  return agentContinueAsNew({ collected })
}

async function senderWorkflow({ to, n }) {
  const answers = []
  for (let index = 0; index < n; index += 1) answers.push(await externalAgent(to).event('ping', index))
  await externalAgent(to).event('stop')
  return answers
}

async function receiverAgent() {
  const pings = []
  let stopped = false
  onEvent(defineEvent('ping'), async (value) => {
    pings.push(value)
    return effect(value)
  })
  onEvent(defineEvent('stop'), () => {
    stopped = true
  })
  await condition(() => stopped)
  return pings
}

/** What a schedule starts. */
async function tickWorkflow() {
  return effect('tick')
}

export const agents = { collectorAgent, receiverAgent }
export const workflows = { stepsWorkflow, timersWorkflow, parentWorkflow, senderWorkflow, tickWorkflow }
