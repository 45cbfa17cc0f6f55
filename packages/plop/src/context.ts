import { readdirSync, readFileSync } from 'node:fs'
import ejs from 'ejs'
import { z } from 'zod'
import * as layout from './layout.ts'

/** The figures that generated code writes out. They come from the settings of the runtime, the one place for them. */
export interface GeneratorDefaults {
  readonly retry: {
    readonly initialSeconds: number
    readonly backoff: number
    readonly maxIntervalSeconds: number
    readonly maxAttempts: number
  }
  readonly stepTimeoutSeconds: number
  readonly heartbeatSeconds: number
  readonly taskQueue: string
  readonly loops: number
  /** Where the service answers inside a container, whatever port it has on a developer's machine. */
  readonly httpPort: number
}

/** What a planner needs besides the request and the project. Loaded once, then handed to every planner. */
export interface GeneratorContext {
  /** The version of rgen: written into headers and into the package.json of a new project. */
  readonly version: string
  readonly defaults: GeneratorDefaults
  /** Renders `<folder>/<file>` of the templates. The templates were read when the context was loaded. */
  readonly render: (template: string, view: Readonly<Record<string, unknown>>) => string
  /**
   * Makes kong.yaml from the text of config/llm_router.yaml. The router's own package knows how; whoever runs
   * generators and has it (the command line) hands it in. Without it, `--kong` is refused.
   */
  readonly renderKong?: ((llmRouterYaml: string) => string) | undefined
  /** A file of a generator's folder that is copied as it is. */
  readonly asset: (file: string) => string
}

/**
 * Reads the templates, the version and the default figures that this package was built with.
 *
 * @param overrides The project's own settings, where they differ from the defaults.
 */
export function loadContext(overrides: Partial<GeneratorDefaults> = {}): GeneratorContext {
  const templates = readTemplates()
  const manifest = JSON.parse(readPackaged('package.json')) as { version: string }
  const defaults = { ...packagedDefaults(), ...overrides }
  const compiled = new Map<string, ejs.TemplateFunction>()
  const asset = (file: string): string => {
    const source = templates.get(file)
    if (source === undefined) throw new Error(`@rgen/plop was packed without its template ${file}.`)
    return source
  }
  return {
    version: manifest.version,
    defaults,
    asset,
    render: (template, view) => {
      const render = compiled.get(template) ?? ejs.compile(asset(`${template}.ejs`), { escape: String })
      compiled.set(template, render)
      return render({ ...layout, ...view })
    },
  }
}

/** Also where the templates lie: beside the package's src/ and dist/. */
function packagedUrl(path: string): URL {
  return new URL(`../${path}`, import.meta.url)
}

function readPackaged(path: string): string {
  return readFileSync(packagedUrl(path), 'utf8')
}

function readTemplates(): ReadonlyMap<string, string> {
  const files = readdirSync(packagedUrl('templates'), { recursive: true, withFileTypes: true })
  const root = packagedUrl('templates/')
  return new Map(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const full = `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/')
        const path = full.slice(full.lastIndexOf('/templates/') + '/templates/'.length)
        return [path, readFileSync(new URL(path, root), 'utf8')] as const
      }),
  )
}

/** The part of the runtime's defaults that generated code writes out. */
const runtimeDefaults = z.object({
  task_queue_default: z.string(),
  retry: z.object({
    initial_seconds: z.number(),
    backoff: z.number(),
    max_interval_seconds: z.number(),
    max_attempts: z.int(),
  }),
  step: z.object({ timeout_seconds: z.number(), heartbeat_seconds: z.number() }),
  pipeline: z.object({ loops: z.object({ max: z.int() }) }),
  http: z.object({ port: z.int() }),
})

function packagedDefaults(): GeneratorDefaults {
  const { task_queue_default, retry, step, pipeline, http } = runtimeDefaults.parse(
    JSON.parse(readPackaged('templates/defaults.json')),
  )
  return {
    retry: {
      initialSeconds: retry.initial_seconds,
      backoff: retry.backoff,
      maxIntervalSeconds: retry.max_interval_seconds,
      maxAttempts: retry.max_attempts,
    },
    stepTimeoutSeconds: step.timeout_seconds,
    heartbeatSeconds: step.heartbeat_seconds,
    taskQueue: task_queue_default,
    loops: pipeline.loops.max,
    httpPort: http.port,
  }
}
