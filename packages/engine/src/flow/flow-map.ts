/** A condition on an edge: when the output says so, the flow goes on at the target. */
export interface FlowEdgeCondition {
  readonly targetNodeId: string
  readonly condition: string | null | undefined
}

/** One node of a flow with the edges that leave it. */
export interface FlowEntry {
  readonly eventName: string
  readonly workflowType: string
  readonly flowPrompt: string
  readonly flowOutputConditions: readonly string[]
  readonly edgeConditions: readonly FlowEdgeCondition[]
}

/** All nodes of a flow. */
export type FlowMap = readonly FlowEntry[]

/** A React Flow document: what its `toObject()` answers, as far as a flow needs it. */
export interface ReactflowDocument {
  readonly nodes?: readonly {
    readonly id: string
    readonly data?: {
      readonly workflowType?: string
      readonly flowPrompt?: string
      readonly flowOutputConditions?: readonly string[]
    }
  }[]
  readonly edges?: readonly {
    readonly source: string
    readonly target: string
    readonly sourceHandle?: string | null
  }[]
}

/** Reads a React Flow document (object or JSON text) into a {@link FlowMap}. */
export async function dslInterpreter(input: {
  readonly reactflowJson: ReactflowDocument | string
}): Promise<{ flowMap: FlowMap }> {
  const document =
    typeof input.reactflowJson === 'string'
      ? (JSON.parse(input.reactflowJson) as ReactflowDocument)
      : input.reactflowJson
  const edges = document.edges ?? []
  const flowMap = (document.nodes ?? []).map(({ id, data = {} }) => ({
    eventName: id,
    workflowType: data.workflowType ?? '',
    flowPrompt: data.flowPrompt ?? '',
    flowOutputConditions: data.flowOutputConditions ?? [],
    edgeConditions: edges
      .filter((edge) => edge.source === id)
      .map((edge) => ({ targetNodeId: edge.target, condition: edge.sourceHandle })),
  }))
  return { flowMap }
}

/** The entry of a node. */
export function getFlow(input: { readonly flowMap: FlowMap; readonly name: string }): FlowEntry | undefined {
  return input.flowMap.find((entry) => entry.eventName === input.name)
}

/** The event that follows a child's output: the target of the first edge whose condition is in the answer. */
export function nextEvent(input: {
  readonly flow: FlowEntry
  readonly childOutput: unknown
}): { eventName: string } | undefined {
  const answers = answersOf(input.childOutput)
  const edge = input.flow.edgeConditions.find(
    ({ condition }) => typeof condition === 'string' && answers.includes(condition),
  )
  return edge === undefined ? undefined : { eventName: edge.targetNodeId }
}

/** The answer stands in `response`, nested at most a few times, as a text or a list of texts. */
function answersOf(output: unknown): readonly unknown[] {
  if (Array.isArray(output)) return output.flatMap((item) => answersOf(item))
  if (typeof output === 'object' && output !== null && 'response' in output) return answersOf(output.response)
  return [output]
}
