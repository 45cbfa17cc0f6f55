// Runs in the project (`node --import tsx`), so that its TypeScript can be imported: reads a history from standard
// input, replays it against today's code, and answers the parent over the channel.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { replayHistory, type RunHistory } from '@rgen/engine'
import type { ReplayAnswer } from './replay-answer.ts'

type Resources = Readonly<Record<string, unknown>>

async function importIndex(folder: string): Promise<Resources> {
  const index = join(process.cwd(), 'src', folder, 'index.ts')
  return existsSync(index) ? ((await import(pathToFileURL(index).href)) as Resources) : {}
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text
}

async function replay(): Promise<ReplayAnswer> {
  const history = JSON.parse(await readStdin()) as RunHistory
  const agents = await importIndex('agents')
  const workflows = await importIndex('workflows')
  const result = await replayHistory(history, { agents, workflows })
  if (result.kind === 'same') return { kind: 'same', events: result.events }
  const { message, code, hint } = result.error
  const source = result.kind === 'diverged' ? result.divergence.source : undefined
  return { kind: 'failed', message, code, hint, source }
}

const answer = await replay().catch((error: unknown): ReplayAnswer => {
  const { message, code, hint } = error as Error & { code?: string; hint?: string }
  // Code that cannot be imported is told by Node with its place, which only its own output has.
  if (!code?.startsWith('ENGINE_')) throw error
  return { kind: 'failed', message, code, hint, source: undefined }
})
process.send?.(answer, () => process.exit(0))
