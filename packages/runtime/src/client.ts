// What a program outside of the service imports: it finds the engine through the project's settings.
export { connect } from './engine/connect.ts'
export { databasePath } from './engine/open-engine.ts'
export type { ConnectOptions } from './engine/connect.ts'
export { runByName } from './engine/run-by-name.ts'
export type {
  ListFilter,
  Registration,
  RunDescription,
  RunHistory,
  RunStatus,
  RunSummary,
  ScheduleSpec,
  UpdateHandle,
} from '@rgen/engine'
