#!/usr/bin/env node
import module from 'node:module'
import { processIo } from './io.ts'

// Node 22.8 and later keep compiled code between calls; Node 20 has no such function.
;(module as { enableCompileCache?: () => void }).enableCompileCache?.()

// `rgen list | head` closes our output early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

// Imported after the cache is on, so that it is cached too. The exit code is set, not forced: output may still drain.
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2), processIo())
