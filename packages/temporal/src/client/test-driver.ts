import { randomUUID } from 'node:crypto'
import type { EngineDriver } from '@rgen/engine'
import { temporalSettings } from '../connection/options.ts'
import { projectOptions, type ProjectEngine } from '../connection/project.ts'
import { TemporalDriver } from './driver.ts'

/**
 * A driver for one test: with an engine id of its own, so that it shares a server with other tests and with services
 * that run there; see {@link TemporalOptions.testing} for what else is different.
 */
export function openTestDriver(engine: ProjectEngine): EngineDriver {
  const {
    apiAddress: _api,
    webhookUrl: _webhook,
    metricsAddress: _metrics,
    ...options
  } = projectOptions(engine)
  return new TemporalDriver(temporalSettings({ ...options, engineId: `test-${randomUUID()}`, testing: true }))
}
