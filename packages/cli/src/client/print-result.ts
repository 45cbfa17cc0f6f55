import type { Io } from '../io.ts'

/** Writes a value that a program may read: JSON, indented on a terminal or anywhere a person reads it. Nothing for nothing. */
export function printValue(value: unknown, io: Io): void {
  if (value !== undefined) io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
