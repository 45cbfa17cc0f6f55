// What a function (a step's body, where I/O happens) imports.
export {
  FunctionFailure,
  currentWorkflow,
  functionInfo,
  heartbeat,
  log,
  publish,
  sleep,
  streamToWebsocket,
} from '@rgen/engine/function'
export type { FunctionInfo, StreamInput } from '@rgen/engine/function'
