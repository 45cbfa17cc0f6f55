import type { Check } from '@rgen/runtime'
import type { DatabaseReport } from '@rgen/engine'
import { reportOf } from '../error-report.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Does the engine's file open, and is it sound? A cluster is only named: reaching it is its own driver's check. */
export async function checkEngine(root: string, env: Environment): Promise<Check> {
  const area = 'Engine'
  try {
    const { loadSettings } = await import('@rgen/runtime/settings')
    const settings = loadSettings({ root, env })
    if (settings.engine.driver === 'temporal')
      return { area, name: 'Temporal', status: 'ok', detail: `at ${settings.engine.address} (not called)` }
    const { databasePath } = await import('@rgen/runtime/client')
    const { inspectDatabase } = await import('@rgen/engine')
    const report = inspectDatabase(databasePath(root, settings))
    return { area, name: settings.engine.database, ...judge(report, settings.engine.database) }
  } catch (error) {
    const { problems, code } = await reportOf(error)
    const [{ message, hint }] = problems
    // Settings that cannot be read are a finding of their own.
    if (code?.startsWith('CONFIG_'))
      return {
        area,
        name: 'Engine file',
        status: 'warn',
        detail: 'not looked at: the settings cannot be read',
        fix: 'Repair the settings first.',
      }
    return {
      area,
      name: 'Engine file',
      status: 'fail',
      detail: message,
      fix: hint ?? 'Move the file away; a new one is made.',
    }
  }
}

function judge(report: DatabaseReport, file: string): Omit<Check, 'area' | 'name'> {
  const sqlite = `SQLite ${report.sqliteVersion} (${report.driver})`
  if (!report.exists)
    return { status: 'ok', detail: `not there yet: the first \`rgen dev\` makes it. ${sqlite}` }
  const [problem] = report.problems
  if (problem === undefined) return { status: 'ok', detail: `sound. ${sqlite}` }
  return {
    status: 'fail',
    detail: `damaged: ${problem}`,
    fix: `Stop the service, keep a copy, and recover what can be read:\nsqlite3 ${file} .recover | sqlite3 recovered.db`,
  }
}
