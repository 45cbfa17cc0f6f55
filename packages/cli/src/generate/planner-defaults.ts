import type { GeneratorDefaults } from '@rgen/plop'

/** The project's settings as planners know them: what generated code writes out. */
export async function plannerDefaults(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Omit<GeneratorDefaults, 'httpPort'>> {
  const { loadSettings } = await import('@rgen/runtime/settings')
  const { retry, step, pipeline, task_queue_default } = loadSettings({ root, env })
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
    loops: pipeline.default_max,
  }
}
