// For whoever runs generators: the command line, create-rgen, plop.
export type { Generator } from './generators/generator.ts'
export { generators } from './generators/table.ts'
export { planAgent } from './generators/agent.ts'
export { planDeploy } from './generators/deploy.ts'
export { planFunction } from './generators/function.ts'
export { planLlmConfig } from './generators/llm-config.ts'
export { planPipeline } from './generators/pipeline.ts'
export { planProject } from './generators/project.ts'
export { planPrompt } from './generators/prompt.ts'
export { planTool } from './generators/tool.ts'
export { planToolServer } from './generators/tool-server.ts'
export { planWorkflow } from './generators/workflow.ts'
export type { GeneratorContext, GeneratorDefaults } from './context.ts'
export { loadContext } from './context.ts'
export type { Flag } from './flags.ts'
export { commandLine, flagsOf, parseRequest } from './flags.ts'

// Requests: what each generator can be asked.
export type {
  AgentRequest,
  DeployRequest,
  FunctionRequest,
  LlmConfigRequest,
  PipelineRequest,
  ProjectRequest,
  PromptRequest,
  ToolRequest,
  ToolServerRequest,
  WorkflowRequest,
} from './generators/requests.ts'
export {
  agentRequest,
  deployRequest,
  functionRequest,
  llmConfigRequest,
  pipelineRequest,
  projectRequest,
  promptRequest,
  toolRequest,
  toolServerRequest,
  workflowRequest,
} from './generators/requests.ts'

// Plans: preview, conflicts, apply.
export type { ProjectPath } from './plan/path.ts'
export { toProjectPath } from './plan/path.ts'
export type { Conflict, FileChange, FilePlan } from './plan/plan.ts'
export { writesSomething } from './plan/plan.ts'
export { renderDiff, renderPreview } from './plan/preview.ts'
export type { ConflictAnswer, ConflictSession, OnConflict } from './plan/conflicts.ts'
export { answerConflict, decideConflicts, openConflicts } from './plan/conflicts.ts'
export { applyPlan } from './plan/apply.ts'

// Questions, as data. Who asks them on a terminal is @rgen/plop/terminal.
export type { Answer, Answers, Asker, Choice, NextQuestion, Question } from './ask/question.ts'
export { collect } from './ask/question.ts'
export type { AskingSituation } from './ask/may-ask.ts'
export { mayAsk } from './ask/may-ask.ts'
export { questionsOf } from './ask/generator-questions.ts'
export { projectQuestions } from './ask/project-questions.ts'

// The project as generators see it.
export type { ProjectSnapshot } from './plan/snapshot.ts'
export { findProjectRoot, readProject, snapshotOf } from './plan/snapshot.ts'
export type { ProjectPrompt, ProjectResource, ProjectToolServer, ResourceKind } from './resources.ts'
export { promptsOf, resourcesOf, toolServersOf } from './resources.ts'

// Names and package managers.
export { nearest } from '@rgen/grammar'
export { checkProjectName, projectFolder } from './project-name.ts'
export type { PackageManager, PackageManagerCommands } from './generators/package-manager.ts'
export { commandsOf } from './generators/package-manager.ts'
export type { NamedKind, ResourceName } from './name.ts'
export { parseName } from './name.ts'

export type { GenerateErrorCode } from './errors.ts'
export { GenerateError } from './errors.ts'
export { PipelineError } from './pipeline-error.ts'
