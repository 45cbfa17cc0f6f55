/** Requests per minute as a rate per second, for `options.rateLimit`. @example rpmToSecond(120) // 2 */
export function rpmToSecond(requestsPerMinute: number): number {
  return requestsPerMinute / 60
}
