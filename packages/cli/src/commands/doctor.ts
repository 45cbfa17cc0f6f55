import type { Check } from '@rgen/runtime'
import { defineCommand } from '../command.ts'
import { checkGit } from '../doctor/git.ts'
import { checkNode } from '../doctor/node.ts'
import { printChecks } from '../doctor/print-checks.ts'
import { checkWriteAccess } from '../doctor/write-access.ts'
import { findProject } from '../project.ts'

export const command = defineCommand({
  description: 'Tells whether the project is in order, and how to repair what is not. Changes nothing.',
  options: {
    json: { type: 'boolean', description: 'Print the findings as JSON.' },
  },
  examples: [
    { command: 'rgen doctor', note: 'Everything that can be checked in a second or two.' },
    { command: 'rgen doctor --json', note: 'For a script: exit code 1 when a check failed.' },
  ],
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const checks: Check[] = [checkNode(process.version), checkWriteAccess(root), await checkGit(root)]
    io.stdout.write(
      options.json ? `${JSON.stringify({ checks }, null, 2)}\n` : printChecks(checks, io.stdout),
    )
    return checks.some(({ status }) => status === 'fail') ? 1 : 0
  },
})
