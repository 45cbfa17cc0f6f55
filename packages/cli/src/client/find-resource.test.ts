import { describe, expect, it } from '@jest/globals'
import type { Registration } from '@rgen/engine'
import { findRunnable } from './find-resource.ts'

const entry = (name: string, kind: Registration['kind'], live = true): Registration => ({
  name,
  kind,
  taskQueue: 'restack',
  live,
})

const registrations = [
  entry('researchAgent', 'agent'),
  entry('emailCampaignWorkflow', 'workflow'),
  entry('sendEmail', 'function'),
]

describe('findRunnable', () => {
  it.each(['researchAgent', 'Research', 'research', 'ResearchAgent', 'research-agent', 'research_agent'])(
    'knows researchAgent as %s',
    (spelling) => expect(findRunnable(spelling, registrations).name).toBe('researchAgent'),
  )

  it('knows a workflow in any spelling', () => {
    expect(findRunnable('email-campaign', registrations).name).toBe('emailCampaignWorkflow')
  })

  it('names what there is, and says that a function is no run', () => {
    expect(() => findRunnable('Reserch', registrations)).toThrow(
      expect.objectContaining({
        code: 'CLI_UNKNOWN_NAME',
        hint: 'There is emailCampaignWorkflow, researchAgent.',
      }),
    )
    expect(() => findRunnable('SendEmail', registrations)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('That is a function') }),
    )
  })

  it('wants the suffix where an agent and a workflow share a name', () => {
    const both = [entry('blogAgent', 'agent'), entry('blogWorkflow', 'workflow')]
    expect(() => findRunnable('Blog', both)).toThrow(expect.objectContaining({ code: 'CLI_AMBIGUOUS_NAME' }))
    expect(findRunnable('blog-agent', both).name).toBe('blogAgent')
    expect(findRunnable('blogWorkflow', both).name).toBe('blogWorkflow')
  })

  it('says to start the service when none runs', () => {
    const stopped = [entry('researchAgent', 'agent', false)]
    for (const name of ['Research', 'Other'])
      expect(() => findRunnable(name, stopped)).toThrow(
        expect.objectContaining({
          code: 'CLI_NOT_RUNNING',
          hint: 'Start it in another terminal: `rgen dev`.',
        }),
      )
  })

  it('prefers the live one of two queues', () => {
    const twice = [
      entry('researchAgent', 'agent', false),
      { ...entry('researchAgent', 'agent'), taskQueue: 'other' },
    ]
    expect(findRunnable('research', twice).taskQueue).toBe('other')
  })
})
