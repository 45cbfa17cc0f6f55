import { describe, expect, it } from '@jest/globals'
import { emitToolTypes } from './tool-types.ts'

describe('emitToolTypes', () => {
  it('types what an agent passes and gets, sorted, with the first line of each description', () => {
    const inputSchema = {
      type: 'object',
      properties: {
        query: { type: 'string' },
        max: { type: 'integer', default: 5 },
        kind: { enum: ['a', 'b', null] },
        tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
        'x-y': { anyOf: [{ type: 'number' }, { type: 'null' }] },
      },
      required: ['query', 'max'],
      $defs: { tag: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
    }
    const outputSchema = { type: 'object', additionalProperties: { type: 'boolean' } }
    const text = emitToolTypes(
      new Map([
        ['zoo', [{ name: 'feed', inputSchema: { type: 'object' } }]],
        ['research', [{ name: 'web_search', description: 'Search. */\nMore.', inputSchema, outputSchema }]],
      ]),
    )
    expect(text).toBe(`// Written by rgen tools sync from what the tool servers offer. Do not edit.
import "@rgen/runtime/types";

declare module "@rgen/runtime/types" {
  interface ToolTypes {
    research: {
      /** Search. * / */
      web_search: {
        input: { query: string; max?: number; kind?: "a" | "b" | null; tags?: Array<{ name: string }>; "x-y"?: number | null };
        output: Record<string, boolean>;
      };
    };
    zoo: {
      feed: {
        input: Record<string, unknown>;
        output: string;
      };
    };
  }
}
`)
  })

  it('ends at a schema that holds itself', () => {
    const inputSchema = { type: 'object', properties: { child: { $ref: '#' } } }
    expect(emitToolTypes(new Map([['a', [{ name: 't', inputSchema }]]]))).toContain('unknown')
  })
})
