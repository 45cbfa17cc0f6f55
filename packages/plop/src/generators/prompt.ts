import semver from 'semver'
import type { GeneratorContext } from '../context.ts'
import { setInYaml } from '../edit/yaml-file.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { parseName, type ResourceName } from '../name.ts'
import { settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { promptVariables } from '../prompt-variables.ts'
import { promptsOf, type ProjectPrompt } from '../resources.ts'
import { defineGenerator } from './generator.ts'
import { promptRequest, type PromptRequest } from './requests.ts'
import { wholeFile } from './resource-drafts.ts'

const positional = ['name']

/** Plans one version of a prompt, its entry in config/prompts.yaml, and with the first version a test. */
export function planPrompt(
  request: PromptRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const answers = parseRequest(promptRequest, request)
  const name = parseName(answers.name, 'prompt')
  const version = checkVersion(answers.version, '--version')
  const command = commandLine('rgen g prompt', promptRequest, positional, {
    ...answers,
    name: name.kebab,
    version,
  })
  const known = promptsOf(project).find((prompt) => prompt.name === name.kebab)
  const path = `prompts/${name.kebab}/v${version}.md`
  const content =
    answers.from === undefined
      ? context.render('prompt/prompt.md', {
          version,
          description: `${name.words.charAt(0).toUpperCase()}${name.words.slice(1)}.`,
          model: answers.model,
          header: headerOf(command, context.version, 'markup'),
        })
      : copyOf(answers.from, version, answers.model, known, project)
  const test: Draft = {
    path: toProjectPath(`tests/${name.kebab}.prompt.test.ts`),
    content: context.render('prompt/prompt.test.ts', {
      name: name.kebab,
      version,
      samples: promptVariables(content).map((variable) => ({
        name: variable.name,
        value: variable.nested ? '{}' : JSON.stringify(`the ${variable.name}`),
      })),
      header: headerOf(command, context.version, 'slashes'),
    }),
    // Later versions have variables of their own; the test of the first one stays what it is.
    ownership: 'once',
  }
  const drafts = [
    wholeFile(path, content),
    registryDraft({ name, version, file: path, known }, project, context),
    ...(answers.omitTests ? [] : [test]),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [`Edit ${path}`, `Give it to an agent: rgen g agent <Name> --with-llm --prompt ${name.kebab}`],
  }
}

function checkVersion(text: string, flag: string): string {
  const version = semver.valid(text)
  if (version === null || version !== text.trim().replace(/\+.*$/, ''))
    throw new GenerateError('GEN_REQUEST', `${flag}: ${JSON.stringify(text)} is no version.`, {
      hint: 'Versions are major.minor.patch: 1.0.0, 2.1.0-beta.1.',
    })
  return version
}

/** The text of another version, under the new number and without the header of the old one. */
function copyOf(
  from: string,
  version: string,
  model: string | undefined,
  known: ProjectPrompt | undefined,
  project: ProjectSnapshot,
): string {
  const wanted = checkVersion(from, '--from')
  const path = known?.paths.get(wanted)
  const text = path === undefined ? undefined : project.files.get(toProjectPath(path))
  if (text === undefined) {
    const versions = known?.versions.join(', ') ?? ''
    throw new GenerateError('GEN_UNKNOWN_RESOURCE', `--from: there is no version ${wanted} to begin with.`, {
      hint: versions === '' ? 'The prompt has no version yet; leave --from out.' : `It has ${versions}.`,
    })
  }
  const bare = text.replace(/^\uFEFF?\s*<!--[\s\S]*?-->\r?\n/, '')
  const renumbered = bare.replace(/^(version:[ \t]*)\S.*$/m, `$1${version}`)
  if (model === undefined) return renumbered
  return /^model:/m.test(renumbered)
    ? renumbered.replace(/^(model:[ \t]*).*$/m, (_, key: string) => key + JSON.stringify(model))
    : renumbered.replace(/^version:.*$/m, (line) => `${line}\nmodel: ${JSON.stringify(model)}`)
}

interface NewVersion {
  readonly name: ResourceName
  readonly version: string
  readonly file: string
  readonly known: ProjectPrompt | undefined
}

/** The registry with one version more. A release that is higher than the latest one becomes the latest. */
function registryDraft(
  { name, version, file, known }: NewVersion,
  project: ProjectSnapshot,
  context: GeneratorContext,
): Draft {
  const path = toProjectPath('config/prompts.yaml')
  const existing = project.files.get(path) ?? context.asset('project/config/prompts.yaml')
  if (known?.versions.includes(version) === true) return { path, content: existing, ownership: 'merged' }
  if (known === undefined) {
    const description = `${name.words.charAt(0).toUpperCase()}${name.words.slice(1)}.`
    const entry = { description, versions: { [version]: file }, latest: version, resolution: 'semver' }
    return { path, content: setInYaml(existing, path, ['prompts', name.kebab], entry), ownership: 'merged' }
  }
  const added = setInYaml(existing, path, ['prompts', name.kebab, 'versions', version], file)
  const isNewest =
    semver.prerelease(version) === null &&
    (known.latest === undefined || semver.valid(known.latest) === null || semver.gt(version, known.latest))
  const content = isNewest ? setInYaml(added, path, ['prompts', name.kebab, 'latest'], version) : added
  return { path, content, ownership: 'merged' }
}

export const promptGenerator = defineGenerator({
  name: 'prompt',
  summary: 'A prompt in versions, a file each',
  positional,
  request: promptRequest,
  examples: [
    { command: 'rgen g prompt analyze-research --version 1.0.0', note: 'the first version and its test' },
    { command: 'rgen g prompt analyze-research --version 1.1.0 --from 1.0.0', note: 'a copy to change' },
  ],
  plan: planPrompt,
})
