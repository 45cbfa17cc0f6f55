// What tests of a project import.
export { createTestEngine } from './testing/test-engine.ts'
export type { ProjectTestOptions } from './testing/test-engine.ts'
export type { FakeTool, FakeToolServers } from './testing/fake-tools.ts'
export type { LlmScript, ScriptedAnswer } from './testing/scripted-llm.ts'
export type { TestEngine, TestRun } from '@rgen/engine/testing'

// Tests of compiled pipelines.
export { fakeSteps } from './pipeline/fake-steps.ts'
export type { FakeAnswer, FakedSteps, FakeSteps } from './pipeline/fake-steps.ts'
export { deviation } from './pipeline/trace.ts'
export type { TraceOrder } from './pipeline/trace.ts'
