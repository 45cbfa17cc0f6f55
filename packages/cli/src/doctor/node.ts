import type { Check } from '@rgen/runtime'

/** Node 20.19 is the first that loads ES modules everywhere we rely on it. */
const oldest = { major: 20, minor: 19 }

/** Is this Node new enough? */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isNew = major > oldest.major || (major === oldest.major && minor >= oldest.minor)
  return {
    area: 'Node',
    name: `Node ${version.replace(/^v/, '')}`,
    status: isNew ? 'ok' : 'fail',
    detail: isNew
      ? `needs ${oldest.major}.${oldest.minor} or newer`
      : `is older than ${oldest.major}.${oldest.minor}`,
    ...(!isNew && { fix: 'Install a current Node from https://nodejs.org, then run `rgen doctor` again.' }),
  }
}
