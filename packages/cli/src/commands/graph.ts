import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { check, emitDot, emitMermaid, emitText, fileName, graphOf, nameKey, parse } from '@rgen/grammar'
import type { PipelineNode, Plan } from '@rgen/grammar'
import { readProject, resourcesOf } from '@rgen/plop'
import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { findProject } from '../project.ts'
import { MOST_BOXES, renderSvg } from '../svg.ts'

const formats = ['text', 'mermaid', 'dot', 'svg'] as const
type Format = (typeof formats)[number]

const WORKFLOWS = join('src', 'workflows')
/** The line of a compiled pipeline that says what it was compiled from, in any style that a formatter leaves. */
const OPERATORS = /^export const operators =\s*(["'])((?:[^"'\\]|\\.)*)\1;?$/m

export const command = defineCommand({
  description:
    'Draws a pipeline of the project, or an expression that is not a pipeline yet. In a project, boxes show what kind of resource each step is.',
  arguments: [
    { name: 'pipeline', description: "A pipeline's name, or an expression in quotes.", required: true },
  ],
  options: {
    format: {
      type: 'string',
      choices: formats,
      value: '<format>',
      description: 'Text unless given; svg with --open, or by the ending of --out.',
    },
    out: { type: 'string', value: '<file>', description: 'Write to a file instead of standard output.' },
    open: { type: 'boolean', description: 'Show the picture in the program that the system opens it with.' },
  },
  examples: [
    { command: 'rgen graph Blog', note: 'A pipeline of this project, as a tree.' },
    {
      command: 'rgen graph "DRAFT ⇄ REVIEW → PUBLISH" --format mermaid',
      note: 'An expression, for a README.',
    },
    { command: 'rgen graph Blog --open', note: 'Look at it as a picture.' },
  ],
  async run({ arguments: [wanted = ''], options, io }) {
    const { name, tree } = pipelineOf(wanted, io.cwd)
    const format = (options.format as Format | undefined) ?? defaultFormat(options.out, options.open)
    const picture = draw(await planned(tree, io.cwd), format)
    if (options.out === undefined && !options.open) {
      io.stdout.write(picture)
      return 0
    }
    const file = options.out === undefined ? temporaryFile(name, format) : resolve(io.cwd, options.out)
    writeFileSync(file, picture)
    io.stderr.write(`${io.stderr.style.green('✔')} ${file}\n`)
    if (options.open) openFile(file, io)
    return 0
  },
})

/** A name is looked up among the project's pipelines; everything else is an expression. */
function pipelineOf(wanted: string, cwd: string): { name: string; tree: PipelineNode } {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(wanted)) {
    return { name: 'pipeline', tree: parse({ text: wanted, name: 'expression' }) }
  }
  const folder = join(findProject(cwd).root, WORKFLOWS)
  const known = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.ts')) : []
  const pipelines = known.flatMap((file) => {
    const operators = operatorsOf(join(folder, file))
    return operators === undefined ? [] : [{ name: basename(file, '.ts'), file, operators }]
  })
  const key = nameKey(fileName(wanted, 'workflow'))
  const found = pipelines.find(({ name }) => nameKey(name) === key)
  if (found) {
    return { name: found.name, tree: parse({ text: found.operators, name: join(WORKFLOWS, found.file) }) }
  }
  const candidates = pipelines.map(({ name }) => name)
  throw new CliError('CLI_UNKNOWN_NAME', `There is no pipeline "${wanted}" in this project`, {
    hint:
      candidates.length === 0
        ? 'Generate one: rgen g pipeline Blog --operators "DRAFT → REVIEW".'
        : `There are: ${candidates.join(', ')}.`,
    misspelling: { word: wanted, candidates, show: (candidate) => candidate },
  })
}

function operatorsOf(file: string): string | undefined {
  const literal = OPERATORS.exec(readFileSync(file, 'utf8'))?.[2]
  return literal === undefined ? undefined : (JSON.parse(`"${literal}"`) as string)
}

/** In a project that has all the steps, a picture shows their kinds. */
async function planned(tree: PipelineNode, cwd: string): Promise<Plan | PipelineNode> {
  let root: string
  try {
    root = findProject(cwd).root
  } catch (error) {
    if (error instanceof CliError && error.code === 'CLI_NO_PROJECT') return tree
    throw error
  }
  const resources = resourcesOf(await readProject(root)).map(({ kind, exportName }) => ({
    kind,
    name: exportName,
  }))
  const result = check(tree, { resources })
  return result.ok ? result.plan : tree
}

function draw(pipeline: Plan | PipelineNode, format: Format): string {
  switch (format) {
    case 'text':
      return emitText(pipeline)
    case 'mermaid':
      return emitMermaid(pipeline)
    case 'dot':
      return emitDot(pipeline)
    case 'svg': {
      const graph = graphOf(pipeline)
      if (graph.steps.length > MOST_BOXES) {
        throw new CliError('CLI_INVALID_VALUE', `A picture of ${graph.steps.length} boxes cannot be read`, {
          hint: `--format svg draws up to ${MOST_BOXES} boxes; use --format dot or mermaid for more.`,
        })
      }
      return renderSvg(graph)
    }
  }
}

function defaultFormat(out: string | undefined, open: boolean): Format {
  const endings: Readonly<Record<string, Format>> = {
    svg: 'svg',
    dot: 'dot',
    gv: 'dot',
    mmd: 'mermaid',
    mermaid: 'mermaid',
  }
  const ending = out?.split('.').at(-1) ?? ''
  if (Object.hasOwn(endings, ending)) return endings[ending] ?? 'text'
  return open ? 'svg' : 'text'
}

function temporaryFile(name: string, format: Format): string {
  const ending = { text: 'txt', mermaid: 'mmd', dot: 'dot', svg: 'svg' }[format]
  return join(mkdtempSync(join(tmpdir(), 'rgen-graph-')), `${name}.${ending}`)
}

/** Hands a file to the system's own opener, and does not wait for it. */
function openFile(file: string, io: Io): void {
  const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  }
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const opener = spawn(program, [...args, file], { detached: true, stdio: 'ignore', env: { ...io.env } })
  opener.once('error', () =>
    io.stderr.write(`${io.stderr.style.yellow('!')} ${program} did not start; open the file yourself.\n`),
  )
  opener.unref()
}
