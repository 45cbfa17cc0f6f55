import { existsSync } from 'node:fs'
import { isEngineError, type Restack } from '@rgen/engine'
import { CliError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'

/**
 * Opens the engine of the project for one piece of work, and closes it.
 *
 * @param id The run that the work is about, so that a mistyped id gets a suggestion.
 * @throws {CliError} CLI_NO_PROJECT, or CLI_NEVER_STARTED when the project's service has never run: then there is
 * nothing to look at, and looking must not create a database.
 */
export async function withClient<T>(io: Io, work: (client: Restack) => Promise<T>, id?: string): Promise<T> {
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
    throw await withKnownIds(error, client, id)
  } finally {
    await client.close()
  }
}

/** A run that does not exist may be one whose id was mistyped: the error gets the ids that exist. */
async function withKnownIds(error: unknown, client: Restack, id: string | undefined): Promise<unknown> {
  if (id === undefined || !isEngineError(error, 'ENGINE_RUN_NOT_FOUND')) return error
  const runs = await client.list({ limit: 200 })
  return new CliError('CLI_UNKNOWN_RUN', error.message, {
    misspelling: { word: id, candidates: runs.map((run) => run.id), show: (known) => known },
    hint: 'See what there is: `rgen list`.',
    cause: error,
  })
}
