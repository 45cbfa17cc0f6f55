// The engine's HTTP endpoints, for hosts that serve them beside routes of their own.
export { serveEndpoints } from './http/serve-endpoints.ts'
export type { EndpointOptions, Endpoints } from './http/serve-endpoints.ts'
export { HttpRefusal } from './http/exchange.ts'
export type { Exchange } from './http/exchange.ts'
export type { PathParameters, Route } from './http/route.ts'
