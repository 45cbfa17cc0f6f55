import { print } from '../../printer.ts'
import type { AnyNode, PipelineNode, SequenceNode } from '../../tree.ts'
import {
  array,
  assignCall,
  brief,
  call,
  callWithObject,
  constant,
  docComment,
  fitting,
  importLine,
  indented,
  quoted,
  signature,
} from './layout.ts'
import type { Lines } from './layout.ts'
import { modelImports, moduleOf, typeName } from './models-file.ts'
import { hasRules } from './model.ts'
import type { LoopModel, PipelineModel, StepModel } from './model.ts'
import type { EmitTypeScriptOptions } from './options.ts'

/** The compiled workflow: statements in the order of the expression, a function a step and a function a loop. */
export function workflowFile(model: PipelineModel, options: EmitTypeScriptOptions): string {
  const writer = new WorkflowWriter(model, options)
  return `${writer.write().join('\n')}\n`
}

class WorkflowWriter {
  readonly #model: PipelineModel
  readonly #options: EmitTypeScriptOptions

  constructor(model: PipelineModel, options: EmitTypeScriptOptions) {
    this.#model = model
    this.#options = options
  }

  write(): Lines {
    const { loops, blocks, steps } = this.#model
    const sections: Lines[] = [
      [...this.#header(), ...this.#imports()],
      this.#operators(),
      [this.#progressType()],
      ...(this.#uses('function') ? [this.#stepSettings()] : []),
      [...this.#main(), ...this.#properties()],
      ...[...new Set(loops.values())].map((loop) => this.#loop(loop)),
      ...[...new Set(blocks.values())].map(({ identifier, node, text }) =>
        this.#function(`async function ${identifier}`, brief(text.trim()), [
          ...this.#statements(node, 1),
          'return progress;',
        ]),
      ),
      ...[...steps.values()].map((step) => this.#step(step)),
    ]
    return sections.flatMap((section, index) => (index === 0 ? section : ['', ...section]))
  }

  #header(): Lines {
    const { command } = this.#options
    const rules = this.#needsRules() ? `; write your own rules in ${this.#model.file}.rules.ts` : ''
    return [
      `// Compiled by rgen from the operators below${rules}.`,
      ...(command === undefined ? [] : [`//   ${command.replaceAll(/\s+/g, ' ')}`]),
    ]
  }

  #imports(): Lines {
    const { steps, workflow, file, loops, parallels } = this.#model
    const helpers = [
      'begin',
      ...(loops.size > 0 ? ['log', 'loopLimit'] : []),
      ...(parallels.size > 0 ? ['parallel'] : []),
      ...(this.#uses('agent') || this.#uses('workflow') ? ['runChild'] : []),
      ...(this.#uses('function') ? ['runStep', 'step'] : []),
      'type Progress',
    ]
    const children = [...new Map([...steps.values()].map((step) => [step.callee, step])).values()]
      .filter(({ resource, registered }) => resource.kind !== 'function' && registered !== workflow)
      .map((step) => ({ names: [importedAs(step)], from: moduleOf(step.file) }))
      .sort((a, b) => compare(a.from, b.from) || compare(a.names[0] ?? '', b.names[0] ?? ''))
    return [
      ...importLine(helpers, '@rgen/runtime/workflow'),
      ...children.flatMap(({ names, from }) => importLine(names, from)),
      ...(this.#uses('function') ? [`import type * as functions from "../functions/index.ts";`] : []),
      ...modelImports(this.#model, this.#options.models),
      ...(this.#needsRules() ? [`import * as rules from "./${file}.rules.ts";`] : []),
    ]
  }

  #needsRules(): boolean {
    return this.#options.models === undefined || hasRules(this.#model)
  }

  #operators(): Lines {
    return [
      '/** What this workflow does, as `rgen graph` draws it. */',
      ...constant('export const operators', quoted(this.#model.expression)),
    ]
  }

  #progressType(): string {
    return `type ${this.#model.types.progress} = Progress<${this.#tokenType()}>;`
  }

  #tokenType(): string {
    return typeName(this.#model.types.token, this.#options.models)
  }

  #inputType(): string {
    return typeName(this.#model.types.input, this.#options.models)
  }

  #stepSettings(): Lines {
    const { taskQueue, defaults } = this.#options
    const { startToCloseTimeout, heartbeatTimeout, retry } = defaults
    return [
      'const steps = step<typeof functions>({',
      ...(taskQueue === undefined ? [] : [`  taskQueue: ${quoted(taskQueue)},`]),
      `  startToCloseTimeout: ${quoted(startToCloseTimeout)},`,
      ...(heartbeatTimeout === undefined ? [] : [`  heartbeatTimeout: ${quoted(heartbeatTimeout)},`]),
      '  retry: {',
      `    initialInterval: ${quoted(retry.initialInterval)},`,
      `    backoffCoefficient: ${retry.backoffCoefficient},`,
      `    maximumInterval: ${quoted(retry.maximumInterval)},`,
      `    maximumAttempts: ${retry.maximumAttempts},`,
      '  },',
      '});',
    ]
  }

  #main(): Lines {
    const { workflow, plan, expression } = this.#model
    return [
      ...docComment([brief(expression)]),
      ...signature(
        `export async function ${workflow}`,
        [`input: ${this.#inputType()}`],
        `Promise<${this.#tokenType()}>`,
      ),
      ...indented([
        ...assignCall(1, 'let progress', `begin<${this.#tokenType()}>`, 'input'),
        ...this.#statements(plan.tree, 1),
        'return progress.token;',
      ]),
      '}',
    ]
  }

  #properties(): Lines {
    const { workflow } = this.#model
    return [`${workflow}.input = ${this.#inputType()};`, `${workflow}.output = ${this.#tokenType()};`]
  }

  /** @param depth Levels of indentation around the statements, which come without. */
  #statements(node: AnyNode, depth: number): Lines {
    switch (node.type) {
      case 'Sequence': {
        const parts = this.#model.parts.get(node)
        if (parts) return parts.flatMap((part) => this.#blockCall(part, depth))
        return node.items.flatMap((item) => this.#statements(item, depth))
      }
      case 'Conditional': {
        const rule = this.#model.conditions.get(node)?.rule ?? ''
        const otherwise = node.else === undefined ? [] : ['} else {', ...this.#side(node.else, depth + 1)]
        return [...condition(depth, `rules.${rule}`), ...this.#side(node.then, depth + 1), ...otherwise, '}']
      }
      case 'Parallel': {
        const rule = this.#model.parallels.get(node)?.rule ?? ''
        const branches = node.branches.map((branch) => this.#functionOf(branch))
        return call(depth, 'progress = await parallel', [
          'progress',
          flatOrLines(array(depth + 1, '', branches, '')),
          `rules.${rule}`,
        ])
      }
      default:
        return assignCall(depth, 'progress', `await ${this.#functionOf(node)}`, 'progress')
    }
  }

  #side(node: PipelineNode, depth: number): Lines {
    if (node.type === 'Sequence' && this.#model.blocks.has(node))
      return indented(this.#blockCall(node, depth))
    return indented(this.#statements(node, depth))
  }

  #blockCall(node: SequenceNode, depth: number): Lines {
    const identifier = this.#model.blocks.get(node)?.identifier ?? ''
    return assignCall(depth, 'progress', `await ${identifier}`, 'progress')
  }

  /** The function that a node is in the compiled file. */
  #functionOf(node: PipelineNode): string {
    const { steps, loops, blocks } = this.#model
    if (node.type === 'Step') return steps.get(print(node))?.identifier ?? ''
    if (node.type === 'Loop') return loops.get(node)?.identifier ?? ''
    return node.type === 'Sequence' ? (blocks.get(node)?.identifier ?? '') : ''
  }

  #loop({ node, text, identifier, setting, rule }: LoopModel): Lines {
    const body = [
      ...callWithObject(2, 'log.info', [quoted(`Loop ${setting}`)], ['round', 'limit']),
      ...node.body.flatMap((part) => this.#statements(part, 2)),
      ...fitting(2, [
        () => [`if (rules.${rule}(progress)) break;`],
        () => [`if (rules.${rule}(progress))`, '  break;'],
        () => ['if (', `  rules.${rule}(`, '    progress,', '  )', ')', '  break;'],
      ]),
    ]
    const about = `${brief(text)}: until rules.${rule}, at most pipeline.loops.${setting}.max rounds.`
    return this.#function(`async function ${identifier}`, about, [
      ...assignCall(1, 'const limit', 'await loopLimit', quoted(setting)),
      'for (let round = 1; round <= limit; round += 1) {',
      ...indented(body),
      '}',
      'return progress;',
    ])
  }

  #step({ name, identifier, resource, callee }: StepModel): Lines {
    if (resource.kind === 'function') {
      const body = call(1, 'return runStep', [quoted(name), 'progress', `steps.${callee}`])
      return this.#function(`async function ${identifier}`, `${name}: the function ${callee}.`, body)
    }
    const options = [
      `child: ${callee}`,
      ...(resource.kind === 'agent' ? ['isAgent: true'] : []),
      ...(this.#options.taskQueue === undefined ? [] : [`taskQueue: ${quoted(this.#options.taskQueue)}`]),
    ]
    const body = callWithObject(1, 'return runChild', [quoted(name), 'progress'], options)
    return this.#function(`async function ${identifier}`, `${name}: the ${resource.kind} ${callee}.`, body)
  }

  #function(head: string, about: string, body: Lines): Lines {
    const { progress } = this.#model.types
    return [
      ...docComment([about]),
      ...signature(head, [`progress: ${progress}`], `Promise<${progress}>`),
      ...indented(body),
      '}',
    ]
  }

  #uses(kind: 'agent' | 'workflow' | 'function'): boolean {
    return [...this.#model.steps.values()].some(({ resource }) => resource.kind === kind)
  }
}

function condition(depth: number, rule: string): Lines {
  return fitting(depth, [
    () => [`if (${rule}(progress)) {`],
    () => ['if (', `  ${rule}(progress)`, ') {'],
    () => ['if (', `  ${rule}(`, '    progress,', '  )', ') {'],
  ])
}

/** One line stays a string, so that a call may stay flat around it. */
function flatOrLines(lines: Lines): string | Lines {
  return lines.length === 1 ? (lines[0] ?? '') : lines
}

function importedAs({ registered, callee }: StepModel): string {
  return registered === callee ? callee : `${registered} as ${callee}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
