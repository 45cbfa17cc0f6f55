// Restack's older home of the event functions.
export { defineEvent, onEvent } from '@rgen/engine/event'
export type { EventDefinition, EventSchemas, SendWorkflowEvent } from '@rgen/engine/event'
