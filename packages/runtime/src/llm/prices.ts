import type { PriceTable } from './cost.ts'

/**
 * List prices in USD for a million tokens, as published by the providers on the date in `asOf`. A model that is not
 * here has no price: its cost is null, never 0. Prices of your own stand in `features.pricing.models`.
 */
export const PRICES: PriceTable = {
  asOf: '2025-12-01',
  models: {
    'gpt-4o': {
      input: 2.5,
      output: 10,
      cacheRead: 1.25,
      tiers: { priority: { input: 4.25, output: 17, cacheRead: 2.125 } },
    },
    'gpt-4o-2024-05-13': { input: 5, output: 15 },
    'gpt-4o-mini': {
      input: 0.15,
      output: 0.6,
      cacheRead: 0.075,
      tiers: { priority: { input: 0.25, output: 1, cacheRead: 0.125 } },
    },
    'gpt-4.1': {
      input: 2,
      output: 8,
      cacheRead: 0.5,
      tiers: { priority: { input: 3.5, output: 14, cacheRead: 0.875 } },
    },
    'gpt-4.1-mini': {
      input: 0.4,
      output: 1.6,
      cacheRead: 0.1,
      tiers: { priority: { input: 0.7, output: 2.8, cacheRead: 0.175 } },
    },
    'gpt-4.1-nano': {
      input: 0.1,
      output: 0.4,
      cacheRead: 0.025,
      tiers: { priority: { input: 0.2, output: 0.8, cacheRead: 0.05 } },
    },
    'gpt-5': {
      input: 1.25,
      output: 10,
      cacheRead: 0.125,
      tiers: {
        flex: { input: 0.625, output: 5, cacheRead: 0.0625 },
        priority: { input: 2.5, output: 20, cacheRead: 0.25 },
      },
    },
    'gpt-5.1': {
      input: 1.25,
      output: 10,
      cacheRead: 0.125,
      tiers: {
        flex: { input: 0.625, output: 5, cacheRead: 0.0625 },
        priority: { input: 2.5, output: 20, cacheRead: 0.25 },
      },
    },
    'gpt-5-mini': {
      input: 0.25,
      output: 2,
      cacheRead: 0.025,
      tiers: {
        flex: { input: 0.125, output: 1, cacheRead: 0.0125 },
        priority: { input: 0.45, output: 3.6, cacheRead: 0.045 },
      },
    },
    'gpt-5-nano': {
      input: 0.05,
      output: 0.4,
      cacheRead: 0.005,
      tiers: { flex: { input: 0.025, output: 0.2, cacheRead: 0.0025 } },
    },
    o1: { input: 15, output: 60, cacheRead: 7.5 },
    o3: {
      input: 2,
      output: 8,
      cacheRead: 0.5,
      tiers: {
        flex: { input: 1, output: 4, cacheRead: 0.25 },
        priority: { input: 3.5, output: 14, cacheRead: 0.875 },
      },
    },
    'o3-mini': { input: 1.1, output: 4.4, cacheRead: 0.55 },
    'o4-mini': {
      input: 1.1,
      output: 4.4,
      cacheRead: 0.275,
      tiers: {
        flex: { input: 0.55, output: 2.2, cacheRead: 0.138 },
        priority: { input: 2, output: 8, cacheRead: 0.5 },
      },
    },
    'claude-3-haiku': { input: 0.25, output: 1.25, cacheRead: 0.03, cacheWrite: 0.3, cacheWrite1h: 0.5 },
    'claude-3-5-haiku': { input: 0.8, output: 4, cacheRead: 0.08, cacheWrite: 1, cacheWrite1h: 1.6 },
    'claude-haiku-4-5': { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWrite1h: 2 },
    'claude-3-5-sonnet': { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 },
    'claude-3-7-sonnet': { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 },
    'claude-sonnet-4': {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
      cacheWrite1h: 6,
      above: {
        inputTokens: 200_000,
        input: 6,
        output: 22.5,
        cacheRead: 0.6,
        cacheWrite: 7.5,
        cacheWrite1h: 12,
      },
    },
    'claude-sonnet-4-5': {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
      cacheWrite1h: 6,
      above: {
        inputTokens: 200_000,
        input: 6,
        output: 22.5,
        cacheRead: 0.6,
        cacheWrite: 7.5,
        cacheWrite1h: 12,
      },
    },
    'claude-3-opus': { input: 15, output: 75, cacheRead: 1.5, cacheWrite: 18.75, cacheWrite1h: 30 },
    'claude-opus-4': { input: 15, output: 75, cacheRead: 1.5, cacheWrite: 18.75, cacheWrite1h: 30 },
    'claude-opus-4-1': { input: 15, output: 75, cacheRead: 1.5, cacheWrite: 18.75, cacheWrite1h: 30 },
    'claude-opus-4-5': { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 },
  },
}
