import { currentRunHost } from '../api/host.ts'

const installed = Symbol.for('rgen.engine.virtual-globals')

/**
 * Gives agent code its own Date, Math.random and crypto.randomUUID: within a run they answer what the run says, the
 * same on replay; elsewhere they are the real ones. Installing twice changes nothing.
 */
export function installVirtualGlobals(): void {
  const holder = globalThis as { [installed]?: true }
  if (holder[installed] === true) return
  holder[installed] = true
  installDate()
  const random = Math.random
  Math.random = () => currentRunHost()?.random() ?? random()
  const uuid = globalThis.crypto.randomUUID.bind(globalThis.crypto)
  Object.defineProperty(globalThis.crypto, 'randomUUID', {
    configurable: true,
    writable: true,
    value: () => currentRunHost()?.uuid() ?? uuid(),
  })
}

function installDate(): void {
  const RealDate = Date
  const now = (): number => currentRunHost()?.now() ?? RealDate.now()
  function RunDate(this: unknown, ...values: unknown[]): Date | string {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- Date may be called without new
    if (new.target === undefined) return new RealDate(now()).toString()
    const target = (new.target as unknown) === RunDate ? RealDate : new.target
    return Reflect.construct(RealDate, values.length === 0 ? [now()] : values, target) as Date
  }
  // One prototype for both: `instanceof Date` holds for dates made before and after.
  RunDate.prototype = RealDate.prototype
  Object.setPrototypeOf(RunDate, RealDate)
  Object.defineProperty(RunDate, 'name', { value: 'Date' })
  Object.defineProperty(RunDate, 'length', { value: RealDate.length })
  Object.defineProperty(RunDate, 'now', { value: now, writable: true, configurable: true })
  globalThis.Date = RunDate as unknown as DateConstructor
}
