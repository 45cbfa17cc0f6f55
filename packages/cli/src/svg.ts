import * as dagre from '@dagrejs/dagre'
import type { Graph as Pipeline, GraphEdge, GraphStep } from '@rgen/grammar'

/** What we use of dagre: its own declarations import each other without extensions, which Node's rules do not resolve. */
interface LayoutGraph {
  setGraph(label: object): void
  setNode(id: string, label: object): void
  setEdge(from: string, to: string, label: object, name: string): void
  graph(): { readonly width?: number; readonly height?: number }
  node(id: string): PlacedBox
  edge(from: string, to: string, name: string): PlacedArrow
}

const { Graph, layout } = dagre as unknown as {
  readonly Graph: new (options: { readonly multigraph: boolean }) => LayoutGraph
  readonly layout: (graph: LayoutGraph) => void
}

/** Boxes that a picture may have: above, the layout takes minutes and nobody can read it. */
export const MOST_BOXES = 2000

const CHARACTER = 8.4
const BOX = { height: 40, padding: 18, least: 56 } as const
const DOT = 8
const MARGIN = 16

interface Point {
  readonly x: number
  readonly y: number
}

interface PlacedBox extends Point {
  readonly width: number
  readonly height: number
}

/** Where an arrow goes, and where its label was given room. */
interface PlacedArrow {
  readonly points: readonly Point[]
  readonly x?: number
  readonly y?: number
}

/**
 * Draws a pipeline as an SVG document that stands alone: no script, no font, no browser needed. Agents are rounded,
 * workflows have a double frame; arrows of conditions and loops are dashed and say what they are.
 *
 * @example writeFileSync('blog.svg', renderSvg(graphOf(parse('DRAFT ⇄ REVIEW → PUBLISH'))))
 */
export function renderSvg(pipeline: Pipeline): string {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 56, edgesep: 16, marginx: MARGIN, marginy: MARGIN })
  for (const step of pipeline.steps) graph.setNode(step.id, sizeOf(step))
  pipeline.edges.forEach((edge, index) => {
    const width = (edge.label?.length ?? 0) * CHARACTER
    // An arrow back is laid out forwards, so that a loop does not turn its steps around.
    const [from, to] = edge.style === 'back' ? [edge.to, edge.from] : [edge.from, edge.to]
    if (from !== to) graph.setEdge(from, to, { width, height: 16, labelpos: 'c' }, String(index))
  })
  layout(graph)
  return document(graph, pipeline)
}

function document(graph: LayoutGraph, { steps, edges }: Pipeline): string {
  const { width = 0, height = 0 } = graph.graph()
  const box = (id: string): PlacedBox => graph.node(id)
  const parts = [
    ...edges.map((edge, index) => arrow(edge, placed(graph, edge, index, box(edge.from)))),
    ...steps.map((step) => drawBox(step, box(step.id))),
  ]
  const size = `width="${round(width)}" height="${round(height + 24)}" viewBox="0 -24 ${round(width)} ${round(height + 24)}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">`,
    '  <defs>',
    '    <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">',
    '      <path d="M 0 1 L 9 5 L 0 9 z" fill="#57606a"/>',
    '    </marker>',
    '  </defs>',
    `  <rect x="0" y="-24" width="100%" height="100%" fill="#ffffff"/>`,
    ...parts.flat().map((line) => `  ${line}`),
    '</svg>',
    '',
  ].join('\n')
}

function sizeOf({ label }: GraphStep): { width: number; height: number } {
  if (label === '') return { width: DOT, height: DOT }
  return { width: Math.max(BOX.least, label.length * CHARACTER + 2 * BOX.padding), height: BOX.height }
}

function drawBox({ label, kind }: GraphStep, { x, y, width, height }: PlacedBox): string[] {
  if (label === '') return [`<circle cx="${round(x)}" cy="${round(y)}" r="${DOT / 2}" fill="#57606a"/>`]
  const frame = (inset: number, fill: string): string =>
    `<rect x="${round(x - width / 2 + inset)}" y="${round(y - height / 2 + inset)}" width="${round(width - 2 * inset)}" ` +
    `height="${round(height - 2 * inset)}" rx="${kind === 'agent' ? height / 2 : 5}" fill="${fill}" stroke="#0969da"/>`
  return [
    frame(0, kind === 'agent' ? '#ddf4ff' : '#f6f8fa'),
    ...(kind === 'workflow' ? [frame(3, 'none')] : []),
    `<text x="${round(x)}" y="${round(y + 5)}" text-anchor="middle" fill="#1f2328">${escaped(label)}</text>`,
  ]
}

function arrow({ label, style }: GraphEdge, { points, x, y }: PlacedArrow): string[] {
  const dashed = style === 'next' ? '' : ' stroke-dasharray="5 4"'
  const path = points
    .map((point, index) => `${index === 0 ? 'M' : 'L'} ${round(point.x)} ${round(point.y)}`)
    .join(' ')
  const line = `<path d="${path}" fill="none" stroke="#57606a"${dashed} marker-end="url(#head)"/>`
  if (label === undefined || x === undefined || y === undefined) return [line]
  // The halo keeps a label readable where arrows pass under it.
  const halo = 'paint-order="stroke" stroke="#ffffff" stroke-width="5" stroke-linejoin="round"'
  const text = `<text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle" font-size="12" fill="#57606a" ${halo}>${escaped(label)}</text>`
  return [line, text]
}

function placed(graph: LayoutGraph, edge: GraphEdge, index: number, from: PlacedBox): PlacedArrow {
  if (edge.from === edge.to) return selfLoop(from)
  const [tail, head] = edge.style === 'back' ? [edge.to, edge.from] : [edge.from, edge.to]
  const found = graph.edge(tail, head, String(index))
  return edge.style === 'back' ? { ...found, points: found.points.toReversed() } : found
}

/** Out of the top of a box and back into it. */
function selfLoop({ x, y, width, height }: PlacedBox): PlacedArrow {
  const top = y - height / 2
  const points = [
    { x: x + width / 4, y: top },
    { x: x + width / 4, y: top - 20 },
    { x: x - width / 4, y: top - 20 },
    { x: x - width / 4, y: top },
  ]
  return { points, x, y: top - 20 }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
