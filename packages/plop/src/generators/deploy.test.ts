import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { loadContext } from '../context.ts'
import { applyAll, at, kinds, project } from '../project.fixture.ts'
import { planDeploy, resourceName } from './deploy.ts'
import { packageManagerOf } from './package-manager.ts'

const context = loadContext()
const named = (name: string, rest: Record<string, unknown> = {}) => ({
  'package.json': JSON.stringify({ name, ...rest }),
})

describe('planDeploy', () => {
  it('adds the other target to the first without a conflict, and changes nothing when it runs again', () => {
    const made = applyAll(project(named('desk')), [
      (now) => planDeploy({ target: 'compose' }, now, context),
      (now) => planDeploy({ target: 'k8s' }, now, context),
    ])
    expect(new Set(kinds(planDeploy({ target: 'compose' }, made, context)))).toEqual(new Set(['keep']))
    expect(new Set(kinds(planDeploy({ target: 'k8s' }, made, context)))).toEqual(new Set(['keep']))
  })

  it('writes no secret: .env goes into no image, and the Deployment names a Secret', () => {
    const plan = planDeploy({ target: 'k8s' }, project(named('desk')), context)
    expect(at(plan, '.dockerignore').split('\n')).toContain('.env')
    expect(at(plan, 'deploy/k8s/deployment.yaml')).toContain('- secretRef:\n                name: desk\n')
    expect(plan.changes.some((change) => change.path === 'deploy/k8s/secret.yaml')).toBe(false)
  })

  it('asks kubelet and compose at the port that the service is told to listen on, on every address', () => {
    const elsewhere = { ...context, defaults: { ...context.defaults, httpPort: 7000 } }
    const compose = planDeploy({ target: 'compose' }, project(named('desk')), elsewhere)
    const { service } = (parse(at(compose, 'docker-compose.yml')) as Compose).services
    expect(service.environment).toMatchObject({ RGEN_HTTP_HOST: '0.0.0.0', RGEN_HTTP_PORT: '7000' })
    expect(service.healthcheck.test.slice(0, 3)).toEqual(['CMD', 'node', '-e'])
    expect(service.healthcheck.test[3]).toBe(
      'fetch("http://127.0.0.1:7000/health") .then(({ ok }) => process.exit(ok ? 0 : 1))',
    )
    const k8s = planDeploy({ target: 'k8s' }, project(named('desk')), elsewhere)
    expect(at(k8s, 'deploy/k8s/deployment.yaml')).toContain('containerPort: 7000')
    expect(at(k8s, 'deploy/k8s/configmap.yaml')).toContain('RGEN_HTTP_PORT: "7000"')
  })

  it('starts no Temporal of its own where one is named', () => {
    const request = { target: 'compose', temporalAddress: 'temporal.example.com:7233' } as const
    const { services } = parse(
      at(planDeploy(request, project(named('desk')), context), 'docker-compose.yml'),
    ) as Compose
    expect(Object.keys(services)).toEqual(['service'])
    expect(services.service.environment.TEMPORAL_ADDRESS).toBe('temporal.example.com:7233')
  })

  it('says what is missing before an image can be built', () => {
    const next = (files: Record<string, string>) =>
      planDeploy({ target: 'compose' }, project(files), context).next.join('\n')
    const ready = named('desk', { dependencies: { '@rgen/temporal': '*' } })
    expect(next(named('desk'))).toContain('npm install @rgen/temporal')
    expect(next(ready)).toContain('built from package-lock.json')
    expect(next({ ...ready, 'package-lock.json': '{}' })).not.toMatch(/npm install|package-lock/)
  })

  it.each([
    [{ target: 'k8s', image: 'a b' }, '--image'],
    [{ target: 'k8s', temporalAddress: 'temporal' }, '--temporal-address'],
    [{ target: 'k8s', temporalAddress: 'x:7233\n  evil: 1' }, '--temporal-address'],
    [{ target: 'compose', image: 'desk' }, '--image'],
  ] as const)('refuses %j', (request, flag) => {
    expect(() => planDeploy(request, project(named('desk')), context)).toThrow(
      expect.objectContaining({ code: 'GEN_REQUEST', message: expect.stringContaining(flag) }),
    )
  })
})

describe('resourceName', () => {
  it.each([
    ['desk', 'desk'],
    ['@acme/research.desk_two', 'research-desk-two'],
    ['3d-desk', 'd-desk'],
    ['123', 'service'],
    ['', 'service'],
    [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
  ])('makes %j a name that Kubernetes takes: %j', (name, expected) => {
    expect(resourceName(name)).toBe(expected)
  })

  it('is quoted where YAML would read another value', () => {
    const text = at(planDeploy({ target: 'k8s' }, project(named('null')), context), 'deploy/k8s/service.yaml')
    expect((parse(text) as { metadata: { name: unknown } }).metadata.name).toBe('null')
  })
})

describe('packageManagerOf', () => {
  it.each([
    [{ ...named('desk', { packageManager: 'yarn@4.9.0' }), 'package-lock.json': '{}' }, 'yarn'],
    [{ ...named('desk'), 'bun.lock': '{}' }, 'bun'],
    [{ ...named('desk'), 'pnpm-workspace.yaml': '' }, 'pnpm'],
    [{ 'package.json': 'no json' }, 'npm'],
  ])('reads %j as %s', (files, manager) => {
    expect(packageManagerOf(project(files))).toBe(manager)
  })
})

/** What is read of a docker-compose.yml. */
interface Compose {
  readonly services: {
    readonly service: {
      readonly environment: Readonly<Record<string, string>>
      readonly healthcheck: { readonly test: readonly string[] }
    }
  }
}
