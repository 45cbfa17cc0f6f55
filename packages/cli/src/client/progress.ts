import type { Restack, RunDescription, RunReference } from '@rgen/engine'
import type { Io } from '../io.ts'
import { printElapsed } from './print-time.ts'

/** How often a waiting command looks at its run. */
const intervalMs = 400

/**
 * Shows what a run does while somebody waits for it: on a terminal the step it is at, in one line that comes and
 * goes; anywhere, once, why it is held up.
 */
export function showProgress(client: Restack, run: RunReference, io: Io): { stop(): void } {
  const { style, isTTY, columns } = io.stderr
  const startedAt = performance.now()
  let lastFault: string | undefined
  let shown = false
  let isLooking = false

  const clear = () => {
    if (shown) io.stderr.write('\r\u001b[2K')
    shown = false
  }
  const look = async () => {
    if (isLooking) return
    isLooking = true
    // The run may close, and the client with it, while we look: the result then says all there is to say.
    const description = await client.describe(run).catch(() => undefined)
    isLooking = false
    if (stopped || description === undefined) return
    const { fault } = description
    if (fault && fault.message !== lastFault) {
      lastFault = fault.message
      clear()
      io.stderr.write(
        `${style.yellow('!')} ${run.id} is held up: ${fault.message} ${style.dim(fault.code)}\n`,
      )
    }
    if (!isTTY) return
    clear()
    const line = `  ${printPending(description)} ${printElapsed(performance.now() - startedAt)}`
    io.stderr.write(style.dim(line.slice(0, columns - 1)))
    shown = true
  }
  let stopped = false
  const timer = setInterval(() => void look(), intervalMs)
  return {
    stop() {
      stopped = true
      clearInterval(timer)
      clear()
    },
  }
}

function printPending({ status, pendingSteps, pendingChildren }: RunDescription): string {
  const steps = pendingSteps.map(({ name, attempt }) => (attempt > 1 ? `${name} (attempt ${attempt})` : name))
  const waiting = [...steps, ...pendingChildren.map(({ id }) => id)]
  return `… ${waiting.length > 0 ? waiting.join(', ') : status}`
}
