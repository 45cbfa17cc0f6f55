import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { engineIdAttribute } from '../names.ts'
import type { TemporalSettings } from './options.ts'

/**
 * Makes sure that the server knows Restack's search attribute, without which it refuses to start runs that carry it.
 * A Restack engine has it. Where adding it is not allowed, the refusal of the first start says what is missing.
 */
export async function ensureSearchAttribute(
  client: Client,
  { engineId, namespace, logger }: TemporalSettings,
): Promise<void> {
  if (engineId === undefined) return
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace })
    if (customAttributes[engineIdAttribute] !== undefined) return
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: {
        [engineIdAttribute]: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
      },
    })
  } catch (error) {
    logger?.log('debug', `The search attribute ${engineIdAttribute} could not be looked at or added`, {
      error: String(error),
    })
  }
}
