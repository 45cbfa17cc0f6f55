export { dslInterpreter, getFlow, nextEvent } from './flow/flow-map.ts'
export type { FlowEdgeCondition, FlowEntry, FlowMap, ReactflowDocument } from './flow/flow-map.ts'
