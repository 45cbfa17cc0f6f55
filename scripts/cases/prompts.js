// Cases of version resolution: { id, versions, latest, resolution, request, expect_version | expect_error, also_ok_version }.
// `expect_error` is a part of the message, in any case; `also_ok_version` is a version that is right as well.
// Labels and an experiment's arm may be given too: { labels: { production: "1.0.0" }, label, arm }.
import { parseRegistry, resolveVersion } from '../../packages/runtime/dist/prompts.js'

/** Tries each case; a case without problems has passed. */
export function run(cases) {
  return cases.map((each, index) => ({ id: String(each.id ?? index), problems: problemsOf(each) }))
}

function problemsOf(each) {
  const outcome = resolve(each)
  const came = outcome.version === undefined ? `the error: ${outcome.error}` : `version ${outcome.version}`
  const fits = [
    each.expect_version !== undefined && outcome.version === each.expect_version,
    each.also_ok_version !== undefined && outcome.version === each.also_ok_version,
    each.expect_error !== undefined && outcome.error?.toLowerCase().includes(each.expect_error.toLowerCase()),
  ]
  if (fits.includes(true)) return []
  const expected =
    each.expect_version === undefined
      ? `an error with "${each.expect_error}"`
      : `version ${each.expect_version}`
  return [`expected ${expected}, came ${came}${each.note ? ` (${each.note})` : ''}`]
}

/** As a project does it: the registry's file is read, checked, and asked. JSON is YAML. */
function resolve({ versions, latest, resolution, labels, request, label, arm }) {
  try {
    const paths = Object.fromEntries(
      (versions ?? []).map((version) => [version, `prompts/case/v${version}.md`]),
    )
    const prompt = {
      versions: paths,
      latest: latest ?? null,
      ...(resolution && { resolution }),
      ...(labels && { labels }),
    }
    const { entries } = parseRegistry(JSON.stringify({ prompts: { case: prompt } }), {})
    const { entry, problems } = entries.get('case')
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('; '))
    return { version: resolveVersion('case', entry, { request, label, arm }).version }
  } catch (error) {
    return { error: [error.message, error.hint].filter(Boolean).join(' ') }
  }
}
