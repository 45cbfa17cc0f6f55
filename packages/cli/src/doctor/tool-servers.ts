import type { Check } from '@rgen/runtime'
import { reportOf } from '../error-report.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Do the tool servers start, and list their tools?
 *
 * @param which `own`: those that this project starts itself, which needs no network. `all`: those that it only calls,
 *   too.
 */
export async function checkToolServers(
  root: string,
  env: Environment,
  which: 'own' | 'all',
): Promise<readonly Check[]> {
  const { checkTools, loadToolSettings } = await import('@rgen/runtime/tools')
  try {
    if (which === 'all') return await checkTools(root, { env })
    const own = loadToolSettings(root, env).servers.filter(
      ({ transport }) => transport.kind === 'stdio' || transport.process !== undefined,
    )
    return (await Promise.all(own.map(({ name }) => checkTools(root, { env, server: name })))).flat()
  } catch (error) {
    const { problems, code } = await reportOf(error)
    // A file that cannot be read is a finding of its own.
    if (code?.startsWith('CONFIG_'))
      return [
        {
          area: 'Tool servers',
          name: 'not looked at',
          status: 'warn',
          detail: 'config/tools.yaml cannot be read',
          fix: 'Repair the file first.',
        },
      ]
    const [{ message, hint }] = problems
    return [
      {
        area: 'Tool servers',
        name: 'not looked at',
        status: 'fail',
        detail: message,
        fix: hint ?? 'Run it again with --debug.',
      },
    ]
  }
}
