/** The URL of a part of a Restack engine: on this machine, in private networks and in a cluster it is plain http. */
export function restackUrl(address: string): string {
  if (/^https?:\/\//.test(address)) return address.replace(/\/$/, '')
  const host = address.replace(/[:/].*$/, '')
  const plain =
    !host.includes('.') ||
    /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host) ||
    host === 'host.docker.internal' ||
    /\.svc(\.cluster\.local)?$/.test(host)
  return `${plain ? 'http' : 'https'}://${address.replace(/\/$/, '')}`
}

const apiPort = ':6233'
const codecPort = ':12233'

/** Where the engine keeps large payloads: beside its API, on a port of its own where the API has one. */
export function codecUrl(codecAddress: string | undefined, apiAddress: string): string {
  if (codecAddress !== undefined) return restackUrl(codecAddress)
  const url = restackUrl(apiAddress)
  return url.endsWith(apiPort) ? `${url.slice(0, -apiPort.length)}${codecPort}` : url.replace(/:\d+$/, '')
}
