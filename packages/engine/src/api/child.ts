import { EngineError } from '../errors.ts'
import {
  runHost,
  type ChildRequest,
  type ParentClosePolicy,
  type RunKind,
  type StartedChild,
} from './host.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a child may be any agent or workflow; its result type is read off below
type AnyRun = (...args: any[]) => unknown
type ResultOf<C> = C extends AnyRun ? Awaited<ReturnType<C>> : unknown

/** Options of {@link childStart} and {@link childExecute}. */
export interface ChildOptions<C = AnyRun | string> {
  /** The agent or workflow: its function, or its name. */
  readonly child: C
  /** Its id. A closed id may be used again, a running one is refused. Default: a new UUID. */
  readonly childId?: string
  readonly input?: unknown
  /** Default `"restack"`, whatever queue the parent runs on. */
  readonly taskQueue?: string
  readonly isAgent?: boolean
  /** What becomes of the child when the parent closes first. Default TERMINATE. */
  readonly parentClosePolicy?: ParentClosePolicy | Lowercase<ParentClosePolicy>
  /** JSON values kept beside the run, shown by list and describe. */
  readonly memo?: Readonly<Record<string, unknown>>
}

/** What is known of a child once it has started. */
export interface ChildStarted {
  readonly workflowId: string
  readonly firstExecutionRunId: string
}

/** Options in Temporal's shape. */
export interface RawChildOptions {
  readonly args?: readonly unknown[]
  readonly workflowId?: string
  readonly taskQueue?: string
  readonly parentClosePolicy?: ChildOptions['parentClosePolicy']
  readonly memo?: Readonly<Record<string, unknown>>
}

/** A child in Temporal's shape. */
export interface ChildHandle<T> extends ChildStarted {
  result(): Promise<T>
}

/** Starts an agent or workflow and goes on. Resolves once it has started. */
export async function childStart(options: ChildOptions): Promise<ChildStarted> {
  const { workflowId, firstExecutionRunId } = await startRequest('childStart', options)
  return { workflowId, firstExecutionRunId }
}

/**
 * Runs an agent or workflow and waits for its result.
 *
 * @throws {EngineError} ENGINE_CHILD_FAILED when it fails (`cause` is its error), ENGINE_ID_IN_USE when its id runs.
 * @example const report = await childExecute({ child: analysisWorkflow, childId: `analysis-${day}`, input: { day } })
 */
export async function childExecute<C extends AnyRun | string>(
  options: ChildOptions<C>,
): Promise<ResultOf<C>> {
  const child = await startRequest('childExecute', options)
  return (await child.result()) as ResultOf<C>
}

/** {@link childStart} with Temporal's arguments; the handle can be awaited for the result. */
export async function startChild<C extends AnyRun | string>(
  child: C,
  options: RawChildOptions = {},
): Promise<ChildHandle<ResultOf<C>>> {
  const started = await startRequest('startChild', fromRaw(child, options))
  return {
    workflowId: started.workflowId,
    firstExecutionRunId: started.firstExecutionRunId,
    result: async () => (await started.result()) as ResultOf<C>,
  }
}

/** {@link childExecute} with Temporal's arguments. */
export async function executeChild<C extends AnyRun | string>(
  child: C,
  options: RawChildOptions = {},
): Promise<ResultOf<C>> {
  return childExecute(fromRaw(child, options))
}

function fromRaw<C>(child: C, options: RawChildOptions): ChildOptions<C> {
  return {
    child,
    input: options.args?.[0],
    ...(options.workflowId === undefined ? {} : { childId: options.workflowId }),
    ...(options.taskQueue === undefined ? {} : { taskQueue: options.taskQueue }),
    ...(options.parentClosePolicy === undefined ? {} : { parentClosePolicy: options.parentClosePolicy }),
    ...(options.memo === undefined ? {} : { memo: options.memo }),
  }
}

function startRequest(api: string, options: ChildOptions<unknown>): Promise<StartedChild> {
  const host = runHost(api)
  const request: ChildRequest = {
    type: childType(api, options.child),
    id: options.childId ?? host.uuid(),
    input: options.input,
    taskQueue: options.taskQueue ?? 'restack',
    kind: childKind(options.isAgent),
    parentClosePolicy: (options.parentClosePolicy?.toUpperCase() ?? 'TERMINATE') as ParentClosePolicy,
    ...(options.memo === undefined ? {} : { memo: options.memo }),
  }
  return host.startChild(request)
}

function childKind(isAgent: boolean | undefined): RunKind | undefined {
  if (isAgent === undefined) return undefined
  return isAgent ? 'agent' : 'workflow'
}

function childType(api: string, child: unknown): string {
  if (typeof child === 'string' && child !== '') return child
  if (typeof child === 'function' && child.name !== '') return child.name
  throw new EngineError('ENGINE_NOT_REGISTERED', `${api}: "child" must be a named function or a name`, {
    hint: 'Pass the exported agent or workflow function itself, or its export name as a string.',
  })
}
