import type { GeneratorDefaults } from '../context.ts'

/** A time as generated code writes it: `"2 minutes"`, `"5 seconds"`. */
export function durationText(seconds: number): string {
  const [count, unit] = seconds >= 60 && seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/**
 * The options of a durable step as generated code spells them out, an object literal over several lines.
 *
 * @param indent What the closing brace is indented by.
 */
export function stepOptions(
  defaults: GeneratorDefaults,
  taskQueue: string | undefined,
  indent: string,
): string {
  const { retry } = defaults
  const queue = taskQueue === undefined || taskQueue === defaults.taskQueue ? [] : [taskQueue]
  const lines = [
    '{',
    ...queue.map((name) => `  taskQueue: ${JSON.stringify(name)},`),
    `  startToCloseTimeout: "${durationText(defaults.stepTimeoutSeconds)}",`,
    `  heartbeatTimeout: "${durationText(defaults.heartbeatSeconds)}",`,
    '  retry: {',
    `    initialInterval: "${durationText(retry.initialSeconds)}",`,
    `    backoffCoefficient: ${retry.backoff},`,
    `    maximumInterval: "${durationText(retry.maxIntervalSeconds)}",`,
    `    maximumAttempts: ${retry.maxAttempts},`,
    '  },',
    '}',
  ]
  return lines.join(`\n${indent}`)
}
