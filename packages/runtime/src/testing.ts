// What tests of a project import.
export { createTestEngine } from './testing/test-engine.ts'
export { callFunction } from './service/call-function.ts'
export type { ProjectTestOptions } from './testing/test-engine.ts'
export type { FakeTool, FakeToolServers } from './testing/fake-tools.ts'
export type { LlmScript, ScriptedAnswer } from './testing/scripted-llm.ts'
export type { TestEngine, TestRun } from '@rgen/engine/testing'

// Tests of compiled pipelines.
export { fakeSteps } from './pipeline/fake-steps.ts'
export type { FakeAnswer, FakedSteps, FakeSteps } from './pipeline/fake-steps.ts'
export { deviation } from './pipeline/trace.ts'
export type { TraceOrder } from './pipeline/trace.ts'

// Providers that speak the real wire format and misbehave on demand.
export { startFakeAnthropic } from './llm/testing/fake-anthropic.ts'
export { startFakeKong } from './llm/testing/fake-kong.ts'
export type { FakeKongOptions, FakeKongRoute } from './llm/testing/fake-kong.ts'
export { startFakeOpenAi } from './llm/testing/fake-openai.ts'
export type {
  FakeAnswer as FakeLlmAnswer,
  FakeError as FakeLlmError,
  FakeRequest as FakeLlmRequest,
} from './llm/testing/fake-answer.ts'
export type { FakeServer as FakeLlmServer, FakeStep as FakeLlmStep } from './llm/testing/fake-server.ts'
