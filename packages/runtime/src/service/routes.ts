import type { Metrics } from '../metrics/metrics.ts'
import type { Route } from './http.ts'

/** What a running service answers: that it is alive, and its figures. */
export function routes(metrics: Metrics): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      answer: async () => ({ type: 'application/json', body: JSON.stringify({ status: 'ok' }) }),
    },
    {
      method: 'GET',
      path: '/metrics',
      answer: async () => {
        const { contentType, body } = await metrics.exposition()
        return { type: contentType, body }
      },
    },
  ]
}
