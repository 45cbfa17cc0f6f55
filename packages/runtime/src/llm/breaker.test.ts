import { describe, expect, it } from '@jest/globals'
import { breakerSettings, CircuitBreaker, CLOSED, isAdmitted, nextState } from './breaker.ts'
import type { BreakerSettings, CircuitEvent, CircuitState } from './breaker.ts'
import { llmRouterConfig } from './config.ts'
import { Parking } from './parking.ts'

const settings: BreakerSettings = {
  enabled: true,
  failureThreshold: 5,
  windowMs: 30_000,
  minVolume: 5,
  failureRate: 0.5,
  cooldownMs: 60_000,
  maxCooldownMs: 600_000,
}

function run(events: readonly CircuitEvent[], now: number, state: CircuitState = CLOSED): CircuitState {
  return events.reduce((before, event) => nextState(before, event, now, settings), state)
}

/** Leave to call, which must be given. */
function turnAt(breaker: CircuitBreaker, now: number): number {
  const turn = breaker.tryCall(now)
  if (turn === undefined) throw new Error('The circuit refused.')
  return turn
}

function failFive(breaker: CircuitBreaker): void {
  for (let failure = 0; failure < 5; failure++) breaker.report('failure', turnAt(breaker, 0), 0)
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe('CircuitBreaker', () => {
  it('27. opens on the fifth failure in the window, and admits nothing until the pause is over', () => {
    expect(run(times(4, 'failure'), 0).kind).toBe('closed')
    const open = run(times(5, 'failure'), 0)
    expect(open).toEqual({ kind: 'open', until: 60_000, cooldownMs: 60_000 })
    expect(isAdmitted(open, 59_999)).toBe(false)
    expect(isAdmitted(open, 60_000)).toBe(true)
  })

  it('27. a failure older than the window is forgotten', () => {
    const four = run(times(4, 'failure'), 0)
    expect(nextState(four, 'failure', 33_001, settings).kind).toBe('closed')
    expect(nextState(four, 'failure', 29_999, settings).kind).toBe('open')
  })

  it('27. enough failures among many more successes do not open', () => {
    const mixed = run([...times(6, 'success' as const), ...times(5, 'failure' as const)], 0)
    expect(mixed.kind).toBe('closed')
    expect(run(['failure'], 0, mixed).kind).toBe('open')
  })

  it('29. a failed probe opens again at once, for twice as long, up to the cap; a success closes and forgets', () => {
    const open = run(times(5, 'failure'), 0)
    const probing = nextState(open, 'call', 60_000, settings)
    expect(probing.kind).toBe('half-open')
    expect(nextState(probing, 'failure', 60_010, settings)).toEqual({
      kind: 'open',
      until: 180_010,
      cooldownMs: 120_000,
    })
    expect(nextState(probing, 'success', 60_010, settings)).toEqual(CLOSED)
    const long: CircuitState = { kind: 'half-open', probeUntil: 1, cooldownMs: 500_000 }
    expect(nextState(long, 'failure', 0, settings)).toMatchObject({ cooldownMs: 600_000 })
  })

  it('29. while a probe is in flight the others are refused', () => {
    const breaker = new CircuitBreaker(settings)
    failFive(breaker)
    expect(breaker.tryCall(60_000)).toBeDefined()
    expect([breaker.tryCall(60_000), breaker.tryCall(60_001)]).toEqual([undefined, undefined])
  })

  it('30. an abandoned probe frees its slot; the state stays half-open and nothing is counted', () => {
    const breaker = new CircuitBreaker(settings)
    failFive(breaker)
    breaker.report('abandon', turnAt(breaker, 60_000), 60_001)
    expect(breaker.state.kind).toBe('half-open')
    expect(breaker.tryCall(60_002)).toBeDefined()
  })

  it('30. a probe that never reports back loses its turn', () => {
    const breaker = new CircuitBreaker(settings)
    failFive(breaker)
    turnAt(breaker, 60_000)
    expect(breaker.tryCall(60_000 + 120_000)).toBeDefined()
  })

  it.each(['success', 'failure', 'abandon'] as const)(
    '28. a call that began before the circuit opened is not taken for the probe (%s)',
    (event) => {
      const breaker = new CircuitBreaker(settings)
      const before = turnAt(breaker, 0)
      failFive(breaker)
      const probe = turnAt(breaker, 60_000)
      breaker.report(event, before, 60_001)
      expect(breaker.state.kind).toBe('half-open')
      expect(breaker.tryCall(60_002)).toBeUndefined()
      breaker.report('success', probe, 60_003)
      expect(breaker.state.kind).toBe('closed')
    },
  )

  it('31. one failure out of one call stays closed', () => {
    const strict = { ...settings, failureThreshold: 1 }
    expect(nextState(CLOSED, 'failure', 0, strict).kind).toBe('closed')
  })

  it('31. the volume defaults to the threshold, at most five', () => {
    const volumes = [1, 3, 5, 20].map((failure_threshold) => {
      const { llm } = llmRouterConfig.parse({ llm: { fallback: { circuit_breaker: { failure_threshold } } } })
      return breakerSettings(llm.fallback.circuit_breaker).minVolume
    })
    expect(volumes).toEqual([1, 3, 5, 5])
  })

  it('32. a second wish that is longer extends the first, a shorter one does not cut it', () => {
    const parking = new Parking()
    parking.park('a', 1000, 'rate_limit')
    parking.park('a', 5000, 'rate_limit')
    parking.park('a', 2000, 'rate_limit')
    expect(parking.get('a', 0)?.until).toBe(5000)
    expect(parking.get('a', 5000)).toBeUndefined()
  })

  it('a call that began before the circuit opened says nothing new', () => {
    const open = run(times(5, 'failure'), 0)
    expect(run(['success', 'failure', 'abandon'], 10, open)).toEqual(open)
  })

  it('does nothing when it is switched off', () => {
    const breaker = new CircuitBreaker({ ...settings, enabled: false })
    for (let failure = 0; failure < 50; failure++) breaker.report('failure', turnAt(breaker, 0), 0)
    expect(breaker.tryCall(0)).toBeDefined()
  })
})
