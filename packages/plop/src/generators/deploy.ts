import { stringify } from 'yaml'
import type { GeneratorContext } from '../context.ts'
import { addVariables } from '../edit/env-example.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { projectFolder } from '../project-name.ts'
import { defineGenerator } from './generator.ts'
import { manifestOf } from './manifest.ts'
import { commandsOf, packageManagerOf } from './package-manager.ts'
import { deployRequest, type DeployRequest } from './requests.ts'

/** How long a service takes to stop at most: its steps have 10 s to end, then its tool servers 10 s. */
const drainSeconds = 20
/** When whoever runs the container kills it: after the drain, with room to close the engine's connection. */
const graceSeconds = 45

/** Where compose finds the development server that it starts. */
const composeServer = 'temporal:7233'
/** Where Temporal's own Helm chart puts its frontend, in a namespace `temporal`. */
const clusterServer = 'temporal-frontend.temporal:7233'

const manifests = ['configmap', 'deployment', 'service', 'hpa', 'kustomization'] as const

/** Plans the image of a project and how Docker Compose or Kubernetes runs it on Temporal. */
export function planDeploy(
  request: DeployRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const answers = parseRequest(deployRequest, request)
  const { target, temporalAddress, image } = answers
  if (target === 'compose' && image !== undefined)
    throw new GenerateError('GEN_REQUEST', '--image: compose runs the image that it builds.', {
      hint: 'Leave it out, or choose --target k8s.',
    })
  const command = commandLine('rgen g deploy', deployRequest, [], answers)
  const name = resourceName(manifestOf(project).name ?? '')
  const compose = target === 'compose'
  const view = {
    header: headerOf(command, context.version, 'hash'),
    name: yamlText(name),
    image: yamlText(image ?? name),
    temporalAddress: yamlText(temporalAddress ?? (compose ? composeServer : clusterServer)),
    ownServer: temporalAddress === undefined,
    port: context.defaults.httpPort,
    drainSeconds,
    graceSeconds,
    production: productionInstall(project),
  }
  const draft = (path: string, template: string): Draft => ({
    path: toProjectPath(path),
    content: context.render(`deploy/${template}`, view),
    ownership: 'whole',
  })
  const drafts = [
    draft('Dockerfile', 'Dockerfile'),
    draft('.dockerignore', 'dockerignore'),
    ...(compose
      ? [draft('docker-compose.yml', 'docker-compose.yml')]
      : manifests.map((one) => draft(`deploy/k8s/${one}.yaml`, `k8s/${one}.yaml`))),
    variablesDraft(project),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [...beforeBuilding(project), ...(compose ? composeSteps : kubernetesSteps(name, image ?? name))],
  }
}

/**
 * A project's name as Kubernetes takes one for a Service: letters, digits and "-", from a letter on, 63 at most.
 *
 * @example resourceName('@acme/research.desk') // 'research-desk'
 */
export function resourceName(packageName: string): string {
  const plain = projectFolder(packageName)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return plain === '' ? 'service' : plain
}

/** A text as YAML: quoted when a reader of YAML 1.1, such as Kubernetes', would take it for something else. */
function yamlText(text: string): string {
  return stringify(text, { compat: 'yaml-1.1', lineWidth: 0 }).trimEnd()
}

/** The stage of the Dockerfile that installs, for the package manager of the project. */
function productionInstall(project: ProjectSnapshot) {
  const { production } = commandsOf(packageManagerOf(project))
  const settings = ['pnpm-workspace.yaml', '.yarnrc.yml'].filter((file) =>
    project.files.has(toProjectPath(file)),
  )
  return { ...production, files: ['package.json', production.lockFile, ...settings] }
}

function variablesDraft(project: ProjectSnapshot): Draft {
  const path = toProjectPath('.env.example')
  const token = {
    name: 'BEARER_TOKEN',
    comment: 'Asked of callers of the HTTP API. Without it, a deployed service tells its health alone.',
  }
  const content = addVariables(project.files.get(path) ?? '', [token])
  return { path, content, ownership: 'merged' }
}

function beforeBuilding(project: ProjectSnapshot): readonly string[] {
  const manager = packageManagerOf(project)
  const { install, production } = commandsOf(manager)
  const isInstalled = manifestOf(project).dependencies?.['@rgen/temporal'] !== undefined
  const add = `${manager === 'npm' ? 'npm install' : `${manager} add`} @rgen/temporal`
  return [
    ...(isInstalled ? [] : [`${add}    (several machines share one Temporal)`]),
    ...(!isInstalled || project.files.has(toProjectPath(production.lockFile))
      ? []
      : [`${install}    (the image is built from ${production.lockFile})`]),
  ]
}

const composeSteps: readonly string[] = [
  'Fill in .env (see .env.example), with a BEARER_TOKEN for the HTTP API',
  'docker compose up --build',
]

function kubernetesSteps(name: string, image: string): readonly string[] {
  return [
    `docker build --tag ${image} . && docker push ${image}`,
    `kubectl create secret generic ${name} --from-env-file=.env    (keys and BEARER_TOKEN; no file of yours holds them)`,
    'kubectl apply --kustomize deploy/k8s',
  ]
}

export const deployGenerator = defineGenerator({
  name: 'deploy',
  summary: 'An image and what runs it on Temporal: Docker Compose or Kubernetes',
  positional: [],
  request: deployRequest,
  examples: [
    {
      command: 'rgen g deploy --target compose',
      note: 'Dockerfile and docker-compose.yml, with a Temporal development server',
    },
    {
      command:
        'rgen g deploy --target k8s --image registry.example.com/desk:1.0.0 --temporal-address temporal.example.com:7233',
      note: 'Dockerfile and deploy/k8s: Deployment, Service, HPA, ConfigMap, Kustomization',
    },
  ],
  plan: planDeploy,
})
