// What runs in a thread of threads.ts: loads one module, then runs its functions one at a time.
import { parentPort, workerData } from 'node:worker_threads'
import { provideFunctionHost, type FunctionHost } from '../api/function-host.ts'
import type { StepFunction } from '../api/run-function.ts'
import { failureOf } from '../core/failure.ts'
import type { FromThread, ToThread } from './threads.ts'

const say = (message: FromThread): void => parentPort?.postMessage(message)

async function load(): Promise<ReadonlyMap<string, StepFunction>> {
  const { module } = workerData as { readonly module: string }
  const loaded = (await import(module)) as Record<string, unknown>
  const { default: commonJs, ...named } = loaded
  const exports = typeof commonJs === 'object' && commonJs !== null ? { ...commonJs, ...named } : named
  return new Map(
    Object.entries(exports).filter(
      (entry): entry is [string, StepFunction] => typeof entry[1] === 'function',
    ),
  )
}

function hostOf({ info }: ToThread): FunctionHost {
  return {
    info: () => ({ ...info, signal: new AbortController().signal }),
    log: (level, message, fields) => say({ kind: 'log', level, message, fields }),
    heartbeat: (value) => say({ kind: 'heartbeat', value }),
    publish: (value) => say({ kind: 'publish', value }),
    sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  }
}

async function run(functions: ReadonlyMap<string, StepFunction>, message: ToThread): Promise<FromThread> {
  const host = hostOf(message)
  provideFunctionHost(() => host)
  try {
    return { kind: 'completed', value: await functions.get(message.name)?.(message.input) }
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) }
  }
}

try {
  const functions = await load()
  parentPort?.on('message', (message: ToThread) => {
    void run(functions, message).then(say)
  })
  say({ kind: 'ready', names: [...functions.keys()] })
} catch (error) {
  say({ kind: 'failed-to-load', failure: failureOf(error) })
}
