// npm run pipelines: every expression of fixtures/grammar as a pipeline of one fresh project, generated as a user would:
// types, lint and the generated tests; then the service is started and each pipeline is run, pass-through steps and all.
// Ends with "N passed, N failed".
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { root } from './pnpm.js'
import { checksOf, close, link, readJson, rgen, run, startService, tryAll } from './workspace-project.js'

const fixtures = join(root, 'fixtures', 'grammar')
const styles = ['subworkflows', 'functions']

/** The cases of the golden files: a name for the pipeline, its expression, and its flags. */
const pipelines = readdirSync(fixtures)
  .filter((name) => existsSync(join(fixtures, name, 'expression')))
  .map((name, index) => {
    const project = join(fixtures, name, 'project.json')
    const { models, omitTests } = (existsSync(project) && readJson(project).options) || {}
    return {
      name: `${name}-line`,
      operators: readFileSync(join(fixtures, name, 'expression'), 'utf8'),
      flags: [
        ...['--style', styles[index % styles.length]],
        ...(models === undefined ? [] : ['--models', models]),
        ...(omitTests ? ['--omit-tests'] : []),
      ],
    }
  })

function* stepsOf(folder, project) {
  const create = join(root, 'packages', 'create-rgen', 'dist', 'bin.js')
  yield [
    'is created',
    async () => {
      await run(folder, [create, 'lines', '--yes', '--start', 'empty', '--no-install', '--no-git'])
      link(project)
    },
  ]
  for (const { name, operators, flags } of pipelines)
    yield [
      `generates ${operators.trim()}`,
      () => run(project, [rgen, 'g', 'pipeline', name, '--operators', operators, ...flags]),
    ]
  yield* checksOf(project)
  let service
  yield ['starts', async () => (service = await startService(project))]
  if (service === undefined) return
  for (const { name } of pipelines) yield [`runs ${name}`, () => runPipeline(project, name)]
  yield ['stops', () => service.stop()]
}

/** Steps that were given no work yet let everything pass. */
async function runPipeline(project, name) {
  const given = { topic: 'tea' }
  const output = await run(project, [rgen, 'run', name, JSON.stringify(given)])
  if (!isDeepStrictEqual(JSON.parse(output), given)) throw new Error(`It answered ${output}`)
}

const folder = mkdtempSync(join(tmpdir(), 'rgen-pipelines-'))
try {
  close([await tryAll('lines', stepsOf(folder, join(folder, 'lines')))])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
