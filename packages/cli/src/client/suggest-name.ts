import type { EngineErrorCode } from '@rgen/engine'
import type { Misspelling } from '../cli-error.ts'

/**
 * Does something with a name that only the run knows, such as an event's. When the run does not know it, the error gets
 * the names that the run does, so that printing it can look for the one that was meant.
 */
export async function suggestName<T>(name: string, code: EngineErrorCode, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { isEngineError } = await import('@rgen/engine')
    if (!isEngineError(error, code)) throw error
    const misspelling: Misspelling = {
      word: name,
      candidates: listedNames(error.message),
      show: (meant) => meant,
    }
    throw Object.assign(error, { misspelling })
  }
}

/** `…; registered: [message, end]`: from another process comes an error's message alone. */
function listedNames(message: string): readonly string[] {
  return /: \[([^\]]*)\]$/.exec(message)?.[1]?.split(', ') ?? []
}
