// Loaded into the service before its own code (`node --import`). Turns a wish of the parent, or its death, into the
// SIGTERM that the service already knows how to answer. A message instead of a signal, because Windows has no
// signal that a process could answer. And tells of errors of ours in a form that the parent can word.

import { writeSync } from 'node:fs'
import { printFailure } from './failure-line.ts'

function requestStop(): void {
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM')
  else process.exit(0)
}

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop')
    requestStop()
})
process.on('disconnect', requestStop)

// The process ends in any case; here it ends before Node prints a stack that helps nobody. Written at once, since a
// message over the channel could be lost on the way out.
process.on('uncaughtExceptionMonitor', (error) => {
  const failure = printFailure(error)
  if (failure === undefined || process.listenerCount('uncaughtException') > 0) return
  writeSync(2, failure)
  process.exit(1)
})

// Listening must not keep a service alive that has nothing else to do.
process.channel?.unref()
