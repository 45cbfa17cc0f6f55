import type { Route } from '@rgen/engine/http'
import type { Metrics } from '../metrics/metrics.ts'

/** What a running service answers beside the engine's endpoints: that it is alive, and its figures. */
export function serviceRoutes(metrics: Metrics): readonly Route[] {
  return [
    // Open: a kubelet and a load balancer ask it without a token, and it says nothing of the project.
    { method: 'GET', pattern: '/health', open: true, answer: async () => ({ status: 'ok' }) },
    {
      method: 'GET',
      pattern: '/metrics',
      stream: async (_parameters, _exchange, response) => {
        const { contentType, body } = await metrics.exposition()
        response.writeHead(200, { 'content-type': contentType })
        response.end(body)
      },
    },
  ]
}
