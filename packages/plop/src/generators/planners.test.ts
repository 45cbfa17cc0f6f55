import { describe, expect, it } from '@jest/globals'
import { loadContext } from '../context.ts'
import { applyAll, at, kinds, project } from '../project.fixture.ts'
import { planAgent } from './agent.ts'
import { planFunction } from './function.ts'
import { planLlmConfig } from './llm-config.ts'
import { planPipeline } from './pipeline.ts'
import { planProject } from './project.ts'
import { planPrompt } from './prompt.ts'
import { planTool } from './tool.ts'
import { planToolServer } from './tool-server.ts'
import { planWorkflow } from './workflow.ts'

const context = loadContext()
const code = (code: string, hint?: string) =>
  expect.objectContaining({ code, ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }) })

describe('every generator', () => {
  it('changes nothing when the same command runs again, in whatever spelling', () => {
    const made = applyAll(project(), [
      (now) => planAgent({ name: 'Research' }, now, context),
      (now) => planWorkflow({ name: 'EmailCampaign' }, now, context),
      (now) => planFunction({ name: 'SendEmail' }, now, context),
      (now) => planToolServer({ name: 'Research' }, now, context),
      (now) => planPrompt({ name: 'analyze-research' }, now, context),
      (now) => planLlmConfig({}, now, context),
    ])
    const again = [
      planAgent({ name: 'research-agent' }, made, context),
      planWorkflow({ name: 'email_campaign' }, made, context),
      planFunction({ name: 'sendEmailFunction' }, made, context),
      planToolServer({ name: 'research_tools' }, made, context),
      planPrompt({ name: 'AnalyzeResearch' }, made, context),
      planLlmConfig({ direct: true }, made, context),
    ]
    for (const plan of again) expect(new Set(kinds(plan))).toEqual(new Set(['keep']))
  })

  it('finds no conflict in a new version of rgen alone', () => {
    const made = applyAll(project(), [(now) => planAgent({ name: 'Research' }, now, context)])
    const newer = { ...context, version: '9.9.9' }
    expect(kinds(planAgent({ name: 'Research' }, made, newer))).toEqual(['keep', 'keep', 'keep'])
  })

  it('finds a conflict in a file that was edited, and in no other', () => {
    const made = applyAll(project(), [(now) => planAgent({ name: 'Research' }, now, context)])
    const edited = project({ ...Object.fromEntries(made.files), 'src/agents/research.ts': '// mine\n' })
    expect(kinds(planAgent({ name: 'Research' }, edited, context))).toEqual(['conflict', 'keep', 'keep'])
  })

  it('writes no test when told so', () => {
    const plan = planFunction({ name: 'SendEmail', omitTests: true }, project(), context)
    expect(plan.changes.map((change) => change.path)).toEqual([
      'src/functions/send-email.ts',
      'src/functions/index.ts',
    ])
    expect(plan.command).toBe('rgen g function SendEmail --omit-tests')
  })

  it('refuses a wrong request, naming the flag', () => {
    const plan = () =>
      planToolServer({ name: 'Web', transport: 'carrier-pigeon' as 'stdio' }, project(), context)
    expect(plan).toThrow(
      expect.objectContaining({ code: 'GEN_REQUEST', message: expect.stringContaining('--transport') }),
    )
  })
})

describe('planAgent', () => {
  it('asks for tool servers and prompts that exist, and says how to make them', () => {
    expect(() => planAgent({ name: 'A', tools: 'research' }, project(), context)).toThrow(
      code('GEN_UNKNOWN_RESOURCE', 'rgen g tool-server research'),
    )
    expect(() => planAgent({ name: 'A', prompt: 'sum-up' }, project(), context)).toThrow(
      code('GEN_UNKNOWN_RESOURCE', 'rgen g prompt sum-up'),
    )
  })

  it('names the tool server or the prompt that was probably meant', () => {
    const made = applyAll(project(), [
      (now) => planToolServer({ name: 'Research' }, now, context),
      (now) => planPrompt({ name: 'analyze-research' }, now, context),
    ])
    expect(() => planAgent({ name: 'A', tools: 'reserch' }, made, context)).toThrow(
      code('GEN_UNKNOWN_RESOURCE', 'Did you mean research?'),
    )
    expect(() => planAgent({ name: 'A', prompt: 'analyse-research' }, made, context)).toThrow(
      code('GEN_UNKNOWN_RESOURCE', 'Did you mean analyze-research?'),
    )
  })

  it('takes every variable of the prompt that it cannot fill itself as input', () => {
    const prompt = '---\nversion: 1.0.0\n---\n{topic} {{not}} {customer.name} {sources}\n'
    const config =
      'prompts:\n  greet:\n    versions:\n      1.0.0: prompts/greet/v1.0.0.md\n    latest: 1.0.0\n'
    const now = project({ 'config/prompts.yaml': config, 'prompts/greet/v1.0.0.md': prompt })
    const text = at(planAgent({ name: 'Greet', prompt: 'greet' }, now, context), 'src/agents/greet.ts')
    expect(text).toContain('customer: z.record(z.string(), z.unknown()),')
    expect(text).toContain('sources: z.string().min(1),')
    expect(text).not.toContain('not:')
    expect(text).toContain('prompts.render("greet", "^1.0.0", {')
  })

  it('answers events until "end", which it adds when it is missing', () => {
    const plan = planAgent({ name: 'Host', events: ['order_placed', 'orderPlaced'] }, project(), context)
    expect(plan.command).toBe('rgen g agent Host --events orderPlaced,end')
    expect(() => planAgent({ name: 'Host', events: 'end' }, project(), context)).toThrow(code('GEN_REQUEST'))
  })

  it('refuses a second agent under the same export from another file', () => {
    const index = 'export { researchAgent } from "./elsewhere.ts";\n'
    expect(() => planAgent({ name: 'Research' }, project({ 'src/agents/index.ts': index }), context)).toThrow(
      code('GEN_NAME_TAKEN'),
    )
  })
})

describe('planTool', () => {
  const server = applyAll(project(), [(now) => planToolServer({ name: 'Research' }, now, context)])

  it('adds one import and one call to the server, and leaves every other line', () => {
    const plan = planTool({ server: 'research', name: 'find-orders' }, server, context)
    const before = server.files.get('src/tools/research.mcp.ts' as never)?.split('\n') ?? []
    const after = at(plan, 'src/tools/research.mcp.ts').split('\n')
    expect(after.filter((line) => !before.includes(line))).toEqual([
      'import { registerFindOrders } from "./research/find-orders.ts";',
      '  registerFindOrders(server);',
    ])
    expect(after.filter((line) => !line.includes('registerFindOrders'))).toEqual(before)
  })

  it('says which two lines to add when the server has another shape', () => {
    const other = project({
      ...Object.fromEntries(server.files),
      'src/tools/research.mcp.ts': 'const a = 1;\n',
    })
    expect(() => planTool({ server: 'research', name: 'find' }, other, context)).toThrow(
      code('GEN_FILE_SHAPE', 'registerFind(server);'),
    )
  })

  it('leaves the server of a project as it is when the server is generated again', () => {
    const added = applyAll(server, [(now) => planTool({ server: 'research', name: 'find' }, now, context)])
    expect(new Set(kinds(planToolServer({ name: 'Research' }, added, context)))).toEqual(new Set(['keep']))
  })

  it('refuses a server that is no file of the project', () => {
    const remote = project({
      'config/tools.yaml': 'servers:\n  - name: remote\n    url: https://example.org/mcp\n',
    })
    expect(() => planTool({ server: 'remote', name: 'find' }, remote, context)).toThrow(code('GEN_REQUEST'))
  })
})

describe('planToolServer', () => {
  it('keeps the comments of config/tools.yaml, and what the user set for the same server', () => {
    const config = '# ours\nservers:\n  # the web\n  - name: web\n    url: https://example.org/mcp # remote\n'
    const plan = planToolServer({ name: 'Research' }, project({ 'config/tools.yaml': config }), context)
    const text = at(plan, 'config/tools.yaml')
    expect(text.startsWith(config)).toBe(true)
    expect(text.slice(config.length)).toContain('  - name: research\n    module: src/tools/research.mcp.ts\n')
  })

  it('gives each server that listens a port of its own', () => {
    const two = applyAll(project(), [
      (now) => planToolServer({ name: 'One', transport: 'http', tools: 'calculate' }, now, context),
      (now) => planToolServer({ name: 'Two', transport: 'http', tools: 'calculate' }, now, context),
    ])
    const ports = [...(two.files.get('config/tools.yaml' as never) ?? '').matchAll(/port: (\d+)/g)]
    expect(ports.map((match) => match[1])).toEqual(['8001', '8002'])
  })

  it('refuses a port for a server that listens on none, and a config file that is not YAML', () => {
    expect(() => planToolServer({ name: 'Web', port: 9000 }, project(), context)).toThrow(code('GEN_REQUEST'))
    const broken = project({ 'config/tools.yaml': 'servers:\n  - name: [\n' })
    expect(() => planToolServer({ name: 'Web' }, broken, context)).toThrow(
      expect.objectContaining({
        code: 'GEN_FILE_SHAPE',
        message: expect.stringMatching(/config\/tools\.yaml:\d+:\d+/),
      }),
    )
  })
})

describe('planPrompt', () => {
  const first = applyAll(project(), [(now) => planPrompt({ name: 'sum-up' }, now, context)])
  const latest = (version: string) => {
    const plan = planPrompt({ name: 'sum-up', version, from: '1.0.0' }, first, context)
    return /latest: (\S+)/.exec(at(plan, 'config/prompts.yaml'))?.[1]
  }

  it('makes a higher release the latest, and no lower one and no prerelease', () => {
    expect(latest('1.10.0')).toBe('1.10.0')
    expect(latest('0.9.0')).toBe('1.0.0')
    expect(latest('2.0.0-beta.1')).toBe('1.0.0')
  })

  it('copies the text of another version under the new number, without its header', () => {
    const plan = planPrompt(
      { name: 'sum-up', version: '1.1.0', from: '1.0.0', model: 'gpt-5' },
      first,
      context,
    )
    const before = first.files.get('prompts/sum-up/v1.0.0.md' as never) ?? ''
    const body = before.slice(before.indexOf('description:'))
    expect(at(plan, 'prompts/sum-up/v1.1.0.md')).toBe(`---\nversion: 1.1.0\nmodel: "gpt-5"\n${body}`)
  })

  it.each(['1', '1.0', 'v1.0.0', '01.0.0', 'latest', ''])('refuses the version %j', (version) => {
    expect(() => planPrompt({ name: 'sum-up', version }, project(), context)).toThrow(code('GEN_REQUEST'))
  })

  it('lists the versions that there are when --from names another', () => {
    expect(() => planPrompt({ name: 'sum-up', version: '2.0.0', from: '1.5.0' }, first, context)).toThrow(
      code('GEN_UNKNOWN_RESOURCE', '1.0.0'),
    )
  })
})

describe('planLlmConfig', () => {
  const kong = { ...context, renderKong: () => 'services: []\n' }

  it('changes between direct and Kong as long as nobody has edited the file', () => {
    const made = applyAll(project(), [(now) => planLlmConfig({}, now, context)])
    expect(kinds(planLlmConfig({ kong: true }, made, kong))).toEqual(['update', 'create', 'update'])
    const edited = project({ ...Object.fromEntries(made.files), 'config/llm_router.yaml': 'llm: {}\n' })
    expect(kinds(planLlmConfig({ kong: true }, edited, kong))[0]).toBe('conflict')
  })

  it('refuses both backends at once', () => {
    expect(() => planLlmConfig({ kong: true, direct: true }, project(), kong)).toThrow(code('GEN_REQUEST'))
  })

  it('leaves variables that .env.example has, commented out or not', () => {
    const now = project({ '.env.example': '# OPENAI_API_KEY=\nANTHROPIC_API_KEY=x' })
    expect(kinds(planLlmConfig({}, now, context))).toEqual(['create', 'keep'])
  })
})

describe('planProject', () => {
  it('creates every file once, whatever it starts with', () => {
    for (const start of ['agent', 'agent-with-tools', 'pipeline', 'empty'] as const) {
      const plan = planProject({ name: 'desk', start }, context)
      expect(new Set(kinds(plan))).toEqual(new Set(['create']))
      expect(new Set(plan.changes.map((change) => change.path)).size).toBe(plan.changes.length)
    }
  })

  it('makes what the generators make: running them in the project changes nothing', () => {
    const made = applyAll(project(), [() => planProject({ name: 'desk' }, context)])
    const again = [
      planLlmConfig({}, made, context),
      planToolServer({ name: 'Research' }, made, context),
      planPrompt({ name: 'analyze-research', version: '1.0.0' }, made, context),
      planAgent(
        { name: 'Research', withLlm: true, tools: 'research', prompt: 'analyze-research' },
        made,
        context,
      ),
    ]
    for (const plan of again) expect(new Set(kinds(plan))).toEqual(new Set(['keep']))
  })

  it('refuses a name that npm refuses', () => {
    expect(() => planProject({ name: 'UPPER' }, context)).toThrow(code('GEN_PROJECT_NAME'))
  })

  it.each([
    ['agent', undefined],
    ['agent-with-tools', undefined],
    ['agent-with-tools', 'web_search'],
    ['agent-with-tools', 'extract_urls,calculate'],
    ['pipeline', undefined],
  ] as const)('says how to run what it begins with: %s, tools %s', (start, tools) => {
    const answers = { name: 'desk', start, ...(tools && { tools }) }
    const made = applyAll(project(), [() => planProject(answers, context)])
    const own =
      start === 'pipeline'
        ? planPipeline(
            { name: 'Blog', operators: 'DRAFT ⇄ REVIEW → PUBLISH', style: 'functions' },
            made,
            context,
          )
        : planAgent(
            start === 'agent'
              ? { name: 'Assistant', withLlm: true }
              : { name: 'Research', tools: 'research', prompt: 'analyze-research' },
            made,
            context,
          )
    const command = own.next.flatMap((line) => /rgen run .*/.exec(line) ?? [])[0] ?? 'none'
    const plan = planProject(answers, context)
    expect(plan.next.at(-1)).toContain(command)
    expect(at(plan, "README.md")).toContain(command)
  })

  it('refuses tools for a project without a tool server', () => {
    expect(() => planProject({ name: 'desk', start: 'empty', tools: 'calculate' }, context)).toThrow(
      code('GEN_REQUEST'),
    )
  })
})
