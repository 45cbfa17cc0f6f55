import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { parseConfigDocument, type ConfigDocument, type ConfigSource } from './parse-config.ts'

export interface ConfigFile<S extends z.ZodType> extends Omit<ConfigSource<S>, 'text'> {
  /** The project's folder; `file` is relative to it. */
  readonly root: string
}

/**
 * Reads and checks a configuration file of the project.
 *
 * @throws {ConfigError} `CONFIG_MISSING` when there is no such file; otherwise as `parseConfig`.
 * @example loadConfigFile({ root, file: 'config/tools.yaml', schema: toolsConfig, env: process.env })
 */
export function loadConfigFile<S extends z.ZodType>(source: ConfigFile<S>): z.output<S> {
  return loadConfigDocument(source).value
}

/** As {@link loadConfigFile}, and tells which variables the file uses and where each value stands. */
export function loadConfigDocument<S extends z.ZodType>(source: ConfigFile<S>): ConfigDocument<z.output<S>> {
  return parseConfigDocument({ ...source, text: readTextFile(source.root, source.file) })
}

/** Reads a text file of the project, with a {@link ConfigError} for every way in which that can fail. */
export function readTextFile(root: string, file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(resolve(root, file))
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code
    if (reason === 'ENOENT')
      throw new ConfigError([{ code: 'CONFIG_MISSING', message: 'the file does not exist', file }], { cause })
    const message =
      reason === 'EISDIR'
        ? 'a folder stands where a file is expected'
        : `the file cannot be read (${reason ?? 'unknown reason'})`
    throw new ConfigError([{ code: 'CONFIG_UNREADABLE', message, file }], { cause })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ConfigError([
      {
        code: 'CONFIG_SYNTAX',
        message: 'the file is not text in UTF-8',
        hint: 'Save it as UTF-8.',
        file,
        line: 1,
        column: 1,
      },
    ])
  }
}
