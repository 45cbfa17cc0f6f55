// What server/service.ts of a project imports.
export { startService } from './service/start-service.ts'
export type { ProjectService, Resources, RunningService } from './service/start-service.ts'
export type { ReadyMessage } from './service/ready.ts'
