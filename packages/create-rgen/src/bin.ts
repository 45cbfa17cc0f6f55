#!/usr/bin/env node
import { main } from './main.ts'
import { runTool } from './run-tool.ts'

process.exitCode = await main(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  stdinIsTerminal: process.stdin.isTTY,
  stdoutIsTerminal: process.stdout.isTTY,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ask: async (question) => (await import('@rgen/plop/terminal')).askOnTerminal(question),
  run: runTool,
  now: () => performance.now(),
})
