// One embedded engine a file and process for everybody who says `new Restack()`. Services written for Restack do so
// wherever they need a client, inside functions even, and close none: a connection each would pile up.
import type { EngineDriver } from './driver.ts'
import { DriverLease } from './driver-lease.ts'

interface Shared {
  readonly driver: EngineDriver
  leases: number
}

/** Engines that are open, by file. */
export class SharedDrivers {
  readonly #byFile = new Map<string, Shared>()

  /** The engine of `file`, opened unless it is. It closes with the last of its leases. */
  lease(file: string, open: () => EngineDriver): EngineDriver {
    const shared = this.#byFile.get(file) ?? { driver: open(), leases: 0 }
    this.#byFile.set(file, shared)
    shared.leases += 1
    return new DriverLease(shared.driver, async () => {
      shared.leases -= 1
      if (shared.leases > 0) return
      this.#byFile.delete(file)
      await shared.driver.close()
    })
  }
}
