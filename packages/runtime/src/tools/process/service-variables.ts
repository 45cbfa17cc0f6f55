/** What a service tells the modules that it starts, by variables of their environment; `serve` reads them. */
export const serviceVariables = {
  /** Set for a server that listens: it ends when its input does. */
  supervised: 'RGEN_SUPERVISED',
  /** The token of `auth` in config/tools.yaml: what callers must show. */
  bearerToken: 'RGEN_BEARER_TOKEN',
} as const
