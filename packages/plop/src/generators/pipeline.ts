import {
  check,
  emitTypeScript,
  missingResources,
  parse,
  printProblem,
  type Plan,
  type Resource,
} from '@rgen/grammar'
import type { GeneratorContext } from '../context.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { canonicalName, parseName } from '../name.ts'
import { PipelineError } from '../pipeline-error.ts'
import { settle, type Draft } from '../plan/draft.ts'
import { headerOf, sign, unsignedLine } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { resourcesOf } from '../resources.ts'
import { defineGenerator } from './generator.ts'
import { pipelineRequest, type PipelineRequest } from './requests.ts'
import { indexDraft } from './resource-drafts.ts'
import { scaffoldDrafts, scaffoldResource } from './scaffold.ts'
import { durationText } from './step-options.ts'

const positional = ['name']

/**
 * Plans a pipeline: the compiled workflow, the user's rules beside it, its line in the index, its test, and a working
 * pass-through for every step that the project does not have yet.
 *
 * The compiled files may be planned again and again; the rules file is only ever added to.
 *
 * @throws {GrammarSyntaxError} when the expression does not read.
 * @throws {PipelineError} when it does not fit the project: ambiguous names, with `strict` also unknown ones and
 *   warnings.
 */
export function planPipeline(
  request: PipelineRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const answers = parseRequest(pipelineRequest, request)
  const name = parseName(answers.name, 'pipeline')
  const command = commandLine('rgen g pipeline', pipelineRequest, positional, {
    ...answers,
    name: canonicalName(answers.name, 'pipeline'),
  })
  const { plan, missing } = checked(answers, name.pascal, project)
  refuseItself(plan, name.exported)
  const drafts = [
    ...compiled(plan, { answers, name: name.pascal, command }, project, context),
    ...indexDraftsOf(name, missing, project, command, context),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: nextSteps(plan, name, missing, answers),
    warnings: plan.warnings.map((warning) => printProblem(sourceOf(answers), warning)),
  }
}

function nextSteps(
  { metrics: { loop, conditional, parallel } }: Plan,
  { kebab, pascal }: ReturnType<typeof parseName>,
  missing: readonly Resource[],
  { taskQueue }: Answers,
): string[] {
  const rules = [
    ...(loop > 0 ? ['when loops end'] : []),
    ...(conditional > 0 ? ['when conditions hold'] : []),
    ...(parallel > 0 ? ['how branches join'] : []),
  ]
  const files = missing.map(({ file = '' }) => `src/${file}`)
  return [
    ...(files.length > 0 ? [`Give the new steps their work: ${listed(files)}`] : []),
    ...(rules.length > 0 ? [`Say ${rules.join(', ')}: src/workflows/${kebab}.rules.ts`] : []),
    ...(taskQueue === undefined
      ? []
      : [`Serve the queue of its steps: RGEN_TASK_QUEUE_DEFAULT=${taskQueue} rgen start`]),
    `See it: rgen graph ${pascal}`,
    `Run it: rgen run ${pascal} '{}'`,
  ]
}

/** The first few of many. */
function listed(files: readonly string[]): string {
  const [shown, rest] = [files.slice(0, 3), files.length - 3]
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

type Answers = ReturnType<typeof pipelineRequest.parse>

function sourceOf({ operators }: Answers): { text: string; name: string } {
  return { text: operators, name: '--operators' }
}

/** The checked plan, with the steps that the project lacks counted in as though they were there. */
function checked(
  answers: Answers,
  name: string,
  project: ProjectSnapshot,
): { readonly plan: Plan; readonly missing: readonly Resource[] } {
  const tree = parse(sourceOf(answers))
  const known: Resource[] = resourcesOf(project).map(({ kind, exportName, path }) => ({
    name: exportName,
    kind,
    exportName,
    file: path.slice('src/'.length),
  }))
  const options = { strict: answers.strict, map: mapOf(answers.map) }
  const first = check(tree, { resources: known }, options)
  if (first.ok) return { plan: first.plan, missing: [] }
  const missing = answers.strict
    ? []
    : missingResources(first.diagnostics, answers.style).map(scaffoldResource)
  const second = missing.length === 0 ? first : check(tree, { resources: [...known, ...missing] }, options)
  if (!second.ok) throw new PipelineError(name, answers.operators, second.diagnostics)
  return { plan: second.plan, missing }
}

/** `DRAFT:WriteDraft`, `DRAFT:agent:WriteDraft`. */
function mapOf(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    entries.map((entry) => {
      const [, step, target] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? []
      if (step === undefined || target === undefined)
        throw new GenerateError('GEN_REQUEST', `--map: ${JSON.stringify(entry)} is no mapping.`, {
          hint: 'Write STEP:Name or STEP:kind:Name, as in DRAFT:WriteDraft or DRAFT:agent:WriteDraft.',
        })
      return [step.trim(), target.trim()]
    }),
  )
}

/** A pipeline that is one of its own steps would start itself for ever. */
function refuseItself(plan: Plan, exported: string): void {
  const own = plan.steps.find(
    ({ resource }) => resource.kind === 'workflow' && resource.exportName === exported,
  )
  if (own !== undefined)
    throw new GenerateError('GEN_NAME_TAKEN', `The step ${own.node.name} is the pipeline itself.`, {
      hint: 'Give the pipeline another name than its steps.',
    })
}

function compiled(
  plan: Plan,
  { answers, name, command }: { readonly answers: Answers; readonly name: string; readonly command: string },
  project: ProjectSnapshot,
  context: GeneratorContext,
): readonly Draft[] {
  const { defaults, version } = context
  const files = emitTypeScript(plan, {
    name,
    defaults: {
      startToCloseTimeout: durationText(defaults.stepTimeoutSeconds),
      heartbeatTimeout: durationText(defaults.heartbeatSeconds),
      retry: {
        initialInterval: durationText(defaults.retry.initialSeconds),
        backoffCoefficient: defaults.retry.backoff,
        maximumInterval: durationText(defaults.retry.maxIntervalSeconds),
        maximumAttempts: defaults.retry.maxAttempts,
      },
    },
    ...(answers.taskQueue === undefined ? {} : { taskQueue: answers.taskQueue }),
    ...(answers.models === undefined ? {} : { models: answers.models }),
    omitTests: answers.omitTests,
    existing: project.files,
  })
  return files.map(({ path, content, owner }) => ({
    path: toProjectPath(path),
    content:
      owner === 'user' ? content : sign(`${headerOf(command, version, 'slashes')}${unsignedLine}${content}`),
    ownership: owner === 'user' ? 'merged' : 'compiled',
  }))
}

/** The pipeline's own line in the index of workflows, and the files and lines of the steps that are made with it. */
function indexDraftsOf(
  name: ReturnType<typeof parseName>,
  missing: readonly Resource[],
  project: ProjectSnapshot,
  command: string,
  context: GeneratorContext,
): readonly Draft[] {
  const scaffolds = missing.map((resource) => scaffoldDrafts(resource, command, context))
  const entries = [
    { kind: 'workflow' as const, exported: name.exported, kebab: name.kebab },
    ...scaffolds.map(({ entry }) => entry),
  ]
  const kinds = [...new Set(entries.map(({ kind }) => kind))]
  return [
    ...scaffolds.map(({ draft }) => draft),
    ...kinds.map((kind) =>
      indexDraft(
        kind,
        entries.filter((entry) => entry.kind === kind),
        project,
      ),
    ),
  ]
}

export const pipelineGenerator = defineGenerator({
  name: 'pipeline',
  summary: 'A workflow compiled from an expression over steps',
  positional,
  request: pipelineRequest,
  examples: [
    { command: 'rgen g pipeline Blog --operators "DRAFT ⇄ REVIEW → PUBLISH"', note: 'a loop, then a step' },
    {
      command: 'rgen g pipeline Intake --operators "FETCH -> (SCORE || ENRICH) ->? NOTIFY" --style functions',
      note: 'in ASCII, every new step a durable step of a function',
    },
  ],
  plan: planPipeline,
})
