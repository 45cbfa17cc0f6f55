import type { StepSettings } from '../api/host.ts'
import { stepSettings } from '../api/step.ts'

const defaults = stepSettings({})
const encoded = new WeakMap<StepSettings, string | null>()

/** Settings as journaled: only what differs from the defaults, null when nothing does. */
export function encodeStepSettings(settings: StepSettings): string | null {
  const known = encoded.get(settings)
  if (known !== undefined) return known
  const different = differences(settings as unknown as Fields, defaults as unknown as Fields)
  const text = Object.keys(different).length === 0 ? null : JSON.stringify(different)
  encoded.set(settings, text)
  return text
}

/** The settings that {@link encodeStepSettings} wrote. */
export function decodeStepSettings(text: string | null): StepSettings {
  if (text === null) return defaults
  const different = JSON.parse(text) as Partial<StepSettings>
  return { ...defaults, ...different, retry: { ...defaults.retry, ...different.retry } }
}

type Fields = Readonly<Record<string, unknown>>

function differences(fields: Fields, others: Fields): Fields {
  const different: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'retry') {
      const retry = differences(value as Fields, others[key] as Fields)
      if (Object.keys(retry).length > 0) different[key] = retry
    } else if (Array.isArray(value) ? value.length > 0 : value !== others[key]) {
      different[key] = value
    }
  }
  return different
}
