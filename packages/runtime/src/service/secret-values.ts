/** Names of variables that hold something to keep out of logs. */
const secretName = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH)/i

/** The values of an environment that must never be printed: those of variables that are named like secrets. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => secretName.test(name) && value !== undefined && value !== '')
    .map(([, value]) => value ?? '')
}
