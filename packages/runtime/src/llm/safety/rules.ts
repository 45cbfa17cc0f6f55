import type { RouterSettings } from '../config.ts'
import type { SafetyChecker, SafetyFinding } from './checker.ts'

type Rule = RouterSettings['features']['content_safety']['rules'][number]

/**
 * A few phrases that hardly ever stand in harmless text. A word list judges words, not meaning: it is a first line,
 * for what must not depend on a service; add rules of your own, or use a trained checker.
 */
const BUILT_IN: readonly Rule[] = [
  {
    category: 'violence',
    severity: 'high',
    pattern: '\\bhow (?:to|do i|can i) (?:make|build) (?:a |an )?(?:pipe )?bomb\\b',
  },
  {
    category: 'violence',
    severity: 'high',
    pattern: "\\b(?:i will|i am going to|i'm going to) (?:kill|murder|shoot|stab) (?:you|him|her|them)\\b",
  },
  {
    category: 'violence',
    severity: 'medium',
    pattern: '\\b(?:behead|dismember|disembowel)(?:s|ed|ing|ment)?\\b',
  },
  {
    category: 'hate',
    severity: 'high',
    pattern:
      '\\b(?:exterminate|gas|lynch) (?:all |the )?(?:jews|muslims|christians|blacks|gays|immigrants|foreigners)\\b',
  },
  {
    category: 'hate',
    severity: 'medium',
    pattern:
      '\\b(?:all|those) (?:jews|muslims|christians|blacks|gays|immigrants|foreigners) are (?:vermin|animals|subhuman|criminals)\\b',
  },
  {
    category: 'sexual',
    severity: 'high',
    pattern:
      '\\bsexual(?:ly)? (?:explicit )?(?:content|acts?|images?) (?:with|of|involving) (?:a )?(?:child|children|minors?)\\b',
  },
  { category: 'sexual', severity: 'medium', pattern: '\\b(?:hardcore|explicit) (?:porn|pornography|sex)\\b' },
  {
    category: 'self-harm',
    severity: 'high',
    pattern: '\\b(?:how (?:to|do i|can i)|best way to) (?:kill myself|commit suicide|end my life)\\b',
  },
  {
    category: 'self-harm',
    severity: 'high',
    pattern: "\\bi (?:want|am going|'m going) to (?:kill|cut|hurt|harm) myself\\b",
  },
]

/** Checks by regular expressions in this process. */
export function createRuleChecker(own: readonly Rule[]): SafetyChecker {
  const rules = [...BUILT_IN, ...own].map((rule) => ({
    ...rule,
    expression: new RegExp(rule.pattern, 'giu'),
  }))
  return {
    check: async (text) =>
      rules.flatMap(({ expression, category, severity }) =>
        [...text.matchAll(expression)].map((match): SafetyFinding => ({
          category,
          severity,
          span: { start: match.index, end: match.index + match[0].length },
        })),
      ),
  }
}
