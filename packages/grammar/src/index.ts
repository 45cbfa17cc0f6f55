// Reading and writing expressions.
export { parse } from './parser.ts'
export { MAX_DEPTH } from './parser.ts'
export { print } from './printer.ts'
export type { OperatorStyle } from './printer.ts'
export { childrenOf, stepsOf, walk } from './tree.ts'
export type {
  AnyNode,
  ConditionalNode,
  LoopNode,
  ParallelNode,
  PipelineNode,
  ResourceKind,
  SequenceItem,
  SequenceNode,
  StepNode,
} from './tree.ts'
export { locate } from './source.ts'
export type { Position, Source, Span } from './source.ts'

// What can be wrong.
export { GrammarSyntaxError, printProblem } from './errors.ts'
export type {
  CheckCode,
  Diagnostic,
  ErrorDiagnostic,
  SyntaxCode,
  WantedResource,
  WarningDiagnostic,
  WarningRule,
} from './errors.ts'

// Checking against a project.
export { check } from './check/check.ts'
export { missingResources } from './check/missing.ts'
export type { PipelineStyle } from './check/missing.ts'
export type { Dependencies } from './check/dependencies.ts'
export type { CheckOptions, CheckResult, Metrics, Plan, PlannedStep, ProjectIndex, Resource } from './plan.ts'

// Names, as generators and expressions spell them.
export {
  camelCase,
  exportName,
  fileName,
  kebabCase,
  nameKey,
  pascalCase,
  RESOURCE_KINDS,
  snakeCase,
  suffixKind,
  withoutSuffix,
  words,
} from './names.ts'
export { isReserved } from './reserved-words.ts'
export { nearest } from './nearest.ts'
export type { Nearest } from './nearest.ts'

// Code and pictures.
export { emitTypeScript } from './emit/typescript/emit-typescript.ts'
export type {
  EmittedFile,
  EmitTypeScriptOptions,
  ModelPlacement,
  StepDefaults,
} from './emit/typescript/options.ts'
export { graphOf } from './emit/graph.ts'
export type { Graph, GraphEdge, GraphStep } from './emit/graph.ts'
export { emitDot } from './emit/dot.ts'
export { emitMermaid } from './emit/mermaid.ts'
export { emitText } from './emit/text.ts'
