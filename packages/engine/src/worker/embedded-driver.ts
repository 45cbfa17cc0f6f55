import type { EngineDriver } from '../client/driver.ts'
import { EngineError } from '../errors.ts'

export function openEmbeddedDriver(_options: unknown): EngineDriver {
  throw new EngineError('ENGINE_CLOSED', 'The embedded driver is not part of this commit yet')
}
