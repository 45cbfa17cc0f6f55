/**
 * The figures that hold when nobody says otherwise: the one place where they stand. The settings' schema takes its
 * defaults from here, the built-in steps their options, and the generators (for which the build of @rgen/plop writes
 * this table out beside the templates) what generated code spells out. No imports: this is data, and part of the
 * workflow bundle.
 */
export const defaults = {
  task_queue_default: 'restack',
  retry: { initial_seconds: 5, backoff: 2, max_interval_seconds: 120, max_attempts: 6 },
  step: { timeout_seconds: 120, heartbeat_seconds: 30 },
  pipeline: { loops: { max: 3 } },
  engine: {
    driver: 'embedded',
    database: '.rgen/engine.db',
    address: 'localhost:7233',
    namespace: 'default',
    conventions: 'auto',
  },
  http: { enabled: true, host: '127.0.0.1', port: 6233 },
  mcp: { enabled: true, host: '127.0.0.1', port: 11233 },
  log: { level: 'info', format: 'auto' },
  retention: { closed_runs_days: 30 },
} as const
