import { randomUUID } from 'node:crypto'
import type { RunKind } from '../api/host.ts'
import type { EngineDriver } from '../client/driver.ts'
import type { RunReference, StartRequest } from '../client/types.ts'
import { EngineError } from '../errors.ts'
import { stepsOf } from './steps.ts'
import type { TestRun, TestStartOptions } from './types.ts'

/** A start as a test asks for it. @throws {EngineError} ENGINE_NOT_REGISTERED when the kind is not known. */
export function testStart(
  kind: RunKind | undefined,
  type: string,
  input: unknown,
  options: TestStartOptions,
): StartRequest {
  if (kind === undefined) {
    throw new EngineError('ENGINE_NOT_REGISTERED', `This engine has no agent or workflow ${type}`, {
      hint: 'Pass it to createTestEngine under the name of the function.',
    })
  }
  const { id = `${type}-${randomUUID()}`, taskQueue = 'restack', event, memo } = options
  return {
    kind,
    type,
    id,
    taskQueue,
    ...(input === undefined ? {} : { input }),
    ...(event === undefined ? {} : { event }),
    ...(memo === undefined ? {} : { memo }),
  }
}

/** How an engine's tests wait. */
export interface Patience {
  /** Around everything that is waited for. */
  readonly waitFor: <T>(promise: Promise<T>) => Promise<T>
  /** Before a state is read. */
  readonly settle: () => Promise<void>
}

/** A run as a test looks at it. */
export function testRun<T>(
  driver: EngineDriver,
  target: RunReference & { readonly runId: string },
  { waitFor, settle }: Patience,
): TestRun<T> {
  return {
    ...target,
    result: () => waitFor(driver.result(target)) as Promise<T>,
    event: (event: string | { readonly name: string }, input?: unknown) => {
      const name = typeof event === 'string' ? event : event.name
      const sent = driver.sendEvent({
        target: { id: target.id },
        event: { name, input },
        waitForCompletion: true,
      })
      return waitFor(sent) as Promise<never>
    },
    state: async (state: string | { readonly name: string }) => {
      await settle()
      return (await driver.state({ id: target.id }, typeof state === 'string' ? state : state.name)) as never
    },
    history: async () => driver.history(target),
    steps: async () => stepsOf(await driver.history(target), (await driver.describe(target)).pendingSteps),
    status: async () => (await driver.describe(target)).status,
    describe: async () => driver.describe(target),
    cancel: async () => driver.cancel(target),
    terminate: async (reason) => driver.terminate(target, reason),
    onChunk: (listener) => driver.onChunk(target, listener),
  }
}
