import type { Check } from '@rgen/runtime'
import { reportOf } from '../error-report.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Who answers LLM calls, and what is wrong with them?
 *
 * @param live Call each provider once.
 */
export async function checkLlmRouter(
  root: string,
  env: Environment,
  live: boolean,
): Promise<readonly Check[]> {
  const { checkLlm } = await import('@rgen/runtime/llm')
  try {
    return await checkLlm(root, { env, live })
  } catch (error) {
    const { problems, code } = await reportOf(error)
    const [{ message, hint }] = problems
    const finding = { area: 'LLM router', name: 'not looked at' }
    // A file that cannot be read is a finding of its own.
    if (code?.startsWith('CONFIG_'))
      return [
        {
          ...finding,
          status: 'warn',
          detail: 'config/llm_router.yaml cannot be read',
          fix: 'Repair the file first.',
        },
      ]
    return [{ ...finding, status: 'fail', detail: message, fix: hint ?? 'Run it again with --debug.' }]
  }
}
