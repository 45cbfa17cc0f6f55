import { UsageError } from '../../cli-error.ts'
import { defineCommand } from '../../command.ts'
import { findProject, projectEnv } from '../../project.ts'

const parts = ['major', 'minor', 'patch'] as const

export const command = defineCommand({
  description:
    'Copies a version of a prompt to the next free number and lists it in config/prompts.yaml. The copy is for you to change; agents that ask for an older version keep it.',
  arguments: [{ name: 'name', description: "The prompt's name.", required: true }],
  options: {
    major: { type: 'boolean', description: 'Other variables or another kind of answer.' },
    minor: { type: 'boolean', description: 'The same variables, better words (the default).' },
    patch: { type: 'boolean', description: 'A correction.' },
    from: {
      type: 'string',
      value: '<version>',
      description: 'What to copy; the highest version unless given.',
    },
    latest: { type: 'boolean', description: 'Let `latest` point to the new version.' },
    dryRun: { type: 'boolean', description: 'Say what would be written, and write nothing.' },
  },
  afterFailure: 'nothing was written',
  examples: [
    { command: 'rgen prompts bump analyze-research --minor', note: '1.0.0 becomes 1.1.0.' },
    {
      command: 'rgen prompts bump analyze-research --major --latest',
      note: 'And it is the one that is used.',
    },
  ],
  async run({ arguments: [name = ''], options, io }) {
    const chosen = parts.filter((part) => options[part])
    if (chosen.length > 1)
      throw new UsageError('CLI_INVALID_VALUE', `--${chosen.join(' and --')} cannot be given together`)
    const { root } = findProject(io.cwd)
    const { applyBump, planBump } = await import('@rgen/runtime/prompts')
    const plan = planBump(
      root,
      {
        name,
        part: chosen[0] ?? 'minor',
        from: options.from,
        latest: options.latest,
      },
      projectEnv(root, io.env),
    )
    if (!options.dryRun) applyBump(root, plan)
    const done = options.dryRun ? 'would copy' : 'copied'
    io.stdout.write(`${done} ${name} ${plan.from} to ${plan.version}\n`)
    io.stdout.write(`  ${plan.file.path}\n  ${plan.registry.path}\n`)
    if (!options.latest)
      io.stderr.write('latest is as it was: set it in config/prompts.yaml when the version is ready.\n')
    return 0
  },
})
