import { EngineError } from '../errors.ts'
import type { TestEngine, TestEngineOptions } from './types.ts'

export async function createTestEngine(_options: TestEngineOptions): Promise<TestEngine> {
  throw new EngineError('ENGINE_CLOSED', 'The test engine is not part of this commit yet')
}
