// The real server that tests run against: TEMPORAL_ADDRESS, else a `temporal` binary, else the SDK's own download.
import { describe } from '@jest/globals'
import { findTemporalBinary, startDevServer, type DevServer } from './dev-server.ts'

/** A server for one test file. */
export interface TestServer {
  readonly address: string
  stop(): Promise<void>
}

const required = process.env['RGEN_REQUIRE_TEMPORAL'] === '1'

/** What the environment offers, decided once a file: jest needs to know before tests begin. */
async function findServer(): Promise<TestServer | undefined> {
  const address = process.env['TEMPORAL_ADDRESS'] ?? ''
  if (address !== '') return { address, stop: async () => undefined }
  try {
    const server: DevServer = await startDevServer({ download: process.env['CI'] !== 'true' || required })
    return server
  } catch (error) {
    if (required) throw error
    const binary = findTemporalBinary() ?? 'none found'
    console.warn(
      `Skipped: tests on a real Temporal server. Set TEMPORAL_ADDRESS, or install the Temporal CLI (binary: ${binary}); scripts/temporal-server.sh builds one. (${String(error)})`,
    )
    return undefined
  }
}

/** Describes what is tested on a real server; without one the tests are skipped, with RGEN_REQUIRE_TEMPORAL=1 they fail. */
export async function describeOnServer(title: string, tests: (server: TestServer) => void): Promise<void> {
  const server = await findServer()
  if (server === undefined) describe.skip(title, () => tests({ address: '', stop: async () => undefined }))
  else describe(title, () => tests(server))
}
