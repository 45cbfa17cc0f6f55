export { createTestEngine } from './testing/create-test-engine.ts'
export { createDriverTestEngine } from './testing/driver-test-engine.ts'
export type { DriverTestEngineOptions } from './testing/driver-test-engine.ts'
export type { StepRecord, TestEngine, TestEngineOptions, TestRun, TestStartOptions } from './testing/types.ts'
