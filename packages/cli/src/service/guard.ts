// Loaded into the service before its own code (`node --import`). Turns a wish of the parent, or its death, into the
// SIGTERM that the service already knows how to answer. A message instead of a signal, because Windows has no
// signal that a process could answer.

function requestStop(): void {
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM')
  else process.exit(0)
}

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop')
    requestStop()
})
process.on('disconnect', requestStop)

// Listening must not keep a service alive that has nothing else to do.
process.channel?.unref()
