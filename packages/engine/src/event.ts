export { defineEvent, onEvent } from './api/event.ts'
export type { EventDefinition, EventSchemas, SendWorkflowEvent } from './api/event.ts'
