import { existsSync } from 'node:fs'
import type { Restack } from '@rgen/engine'
import { CliError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'

/**
 * Opens the engine of the project for one piece of work, and closes it.
 *
 * @throws {CliError} CLI_NO_PROJECT, or CLI_NEVER_STARTED when the project's service has never run: then there is
 * nothing to look at, and looking must not create a database.
 */
export async function withClient<T>(io: Io, work: (client: Restack) => Promise<T>): Promise<T> {
  const { root } = findProject(io.cwd)
  const env = projectEnv(root, io.env)
  const { loadSettings } = await import('@rgen/runtime/settings')
  const { connect, databasePath } = await import('@rgen/runtime/client')
  const settings = loadSettings({ root, env })
  if (settings.engine.driver === 'embedded' && !existsSync(databasePath(root, settings)))
    throw new CliError('CLI_NEVER_STARTED', 'Nothing has run in this project yet', {
      hint: 'Start it in another terminal: `rgen dev`.',
    })

  const client = await connect({ root, env })
  try {
    return await work(client)
  } catch (error) {
    throw await withKnownIds(error, client)
  } finally {
    await client.close()
  }
}

/** A run that does not exist may be one whose id was mistyped: the error gets the ids that exist. */
async function withKnownIds(error: unknown, client: Restack): Promise<unknown> {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENGINE_RUN_NOT_FOUND') return error
  const runs = await client.list({ limit: 200 })
  const word = /"([^"]+)"/.exec(error.message)?.[1]
  if (word === undefined) return error
  return new CliError('CLI_UNKNOWN_RUN', error.message, {
    misspelling: { word, candidates: runs.map(({ id }) => id), show: (id) => `"${id}"` },
    hint: 'See what there is: `rgen list`.',
    cause: error,
  })
}
