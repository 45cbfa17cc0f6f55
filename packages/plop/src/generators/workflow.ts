import type { GeneratorContext } from '../context.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { canonicalName, parseName } from '../name.ts'
import { settle } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { defineGenerator } from './generator.ts'
import { workflowRequest, type WorkflowRequest } from './requests.ts'
import { indexDraft, wholeFile } from './resource-drafts.ts'

const positional = ['name']

/** Plans a workflow with typed input and output, its line in the index, and its test. */
export function planWorkflow(
  request: WorkflowRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const { omitTests, ...answers } = parseRequest(workflowRequest, request)
  const name = parseName(answers.name, 'workflow')
  const command = commandLine('rgen g workflow', workflowRequest, positional, {
    name: canonicalName(answers.name, 'workflow'),
    omitTests,
  })
  const view = { name, header: headerOf(command, context.version, 'slashes') }
  const drafts = [
    wholeFile(`src/workflows/${name.kebab}.ts`, context.render('workflow/workflow.ts', view)),
    indexDraft('workflow', [name], project),
    ...(omitTests
      ? []
      : [
          wholeFile(
            `tests/${name.kebab}.workflow.test.ts`,
            context.render('workflow/workflow.test.ts', view),
          ),
        ]),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [
      'Give it work: rgen g function <Name>, then step<typeof functions>({ … }).<name>({ … }) in its body',
      `Run it: rgen run ${name.pascal} '{"text": "hello"}'`,
    ],
  }
}

export const workflowGenerator = defineGenerator({
  name: 'workflow',
  summary: 'A workflow with typed input and output',
  positional,
  request: workflowRequest,
  examples: [
    { command: 'rgen g workflow EmailCampaign', note: 'src/workflows/email-campaign.ts and its test' },
  ],
  plan: planWorkflow,
})
