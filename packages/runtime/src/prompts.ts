// Opening a project's prompts, and rendering them.
export { loadPrompts, type LoadPromptsOptions } from './prompts/load-prompts.ts'
export {
  PromptRegistry,
  type PromptRegistryOptions,
  type PromptRenderOptions,
  type PromptSummary,
  type RenderedPrompt,
  type ResolveOptions,
} from './prompts/registry.ts'
export { PromptError, type PromptErrorCode, type PromptProblem } from './prompts/prompt-error.ts'

// The parts, for tools: reading a registry, deciding on a version, templates.
export { pickArm } from './prompts/experiment.ts'
export { type PromptInput } from './prompts/front-matter.ts'
export {
  hashPrompt,
  parsePromptFile,
  type PromptFileSource,
  type PromptSettings,
  type PromptVersion,
} from './prompts/prompt-file.ts'
export { type MessageTemplate, type PromptRole } from './prompts/read-messages.ts'
export { parseRegistry, type ParsedRegistry, type RegistryEntry } from './prompts/registry-entries.ts'
export { renderPrompt, type RenderedMessage, type RenderSettings } from './prompts/render-prompt.ts'
export { resolveVersion, type ResolvedVersion, type VersionRequest } from './prompts/resolve-version.ts'
export {
  parseTemplate,
  printTemplate,
  templateVariables,
  TemplateSyntaxError,
  type Template,
  type TemplatePart,
} from './prompts/template.ts'
export { type PromptVariables } from './prompts/variable-text.ts'

// Looking after prompts: what doctor and `rgen prompts` do.
export { applyBump, planBump, type BumpPlan, type BumpRequest } from './prompts/bump-prompt.ts'
export { checkPrompts } from './prompts/check-prompts.ts'
export { lintPrompt, type PromptWarning } from './prompts/lint-prompt.ts'
export {
  checkLock,
  lockFile,
  lockKey,
  lockPrompts,
  readLock,
  type LockResult,
  type PromptLock,
} from './prompts/lock-file.ts'
export { printPromptTypes, promptTypesFile } from './prompts/prompt-types.ts'
export { surveyPrompts, type PromptSurvey, type SurveyedPrompt } from './prompts/survey.ts'

// Trying prompts against their cases: `rgen prompts test`.
export {
  askAndRecord,
  askRecordings,
  type Ask,
  type PromptAnswer,
  type PromptQuestion,
} from './prompts/testing/recordings.ts'
export {
  runPromptTests,
  type PromptTestRequest,
  type PromptTestResult,
} from './prompts/testing/run-prompt-tests.ts'
export { loadPromptTests, promptTestsFile, type PromptTestCase } from './prompts/testing/tests-file.ts'
