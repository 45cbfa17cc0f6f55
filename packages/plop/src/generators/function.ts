import type { GeneratorContext } from '../context.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { canonicalName, parseName } from '../name.ts'
import { settle } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { defineGenerator } from './generator.ts'
import { functionRequest, type FunctionRequest } from './requests.ts'
import { indexDraft, wholeFile } from './resource-drafts.ts'
import { durationText, stepOptions } from './step-options.ts'

const positional = ['name']

/** Plans a function (the I/O of a durable step), its line in the index, and its test. */
export function planFunction(
  request: FunctionRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const { omitTests, ...answers } = parseRequest(functionRequest, request)
  const name = parseName(answers.name, 'function')
  const command = commandLine('rgen g function', functionRequest, positional, {
    name: canonicalName(answers.name, 'function'),
    omitTests,
  })
  const view = {
    name,
    header: headerOf(command, context.version, 'slashes'),
    heartbeat: durationText(context.defaults.heartbeatSeconds),
    stepOptions: stepOptions(context.defaults, undefined, '  '),
  }
  const drafts = [
    wholeFile(`src/functions/${name.kebab}.ts`, context.render('function/function.ts', view)),
    indexDraft('function', [name], project),
    ...(omitTests
      ? []
      : [
          wholeFile(
            `tests/${name.kebab}.function.test.ts`,
            context.render('function/function.test.ts', view),
          ),
        ]),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [`Call it from an agent or a workflow: step<typeof functions>({ … }).${name.exported}({ … })`],
  }
}

export const functionGenerator = defineGenerator({
  name: 'function',
  summary: 'A function: the I/O of a durable step',
  positional,
  request: functionRequest,
  examples: [{ command: 'rgen g function SendEmail', note: 'src/functions/send-email.ts and its test' }],
  plan: planFunction,
})
