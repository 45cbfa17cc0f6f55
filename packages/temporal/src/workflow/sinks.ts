import type { LogLevel } from '@rgen/engine/host'
import type { Sinks } from '@temporalio/workflow'

/** How lines leave the sandbox: never on replay. */
export interface RunSinks extends Sinks {
  rgen: { log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void }
}
