/** Where the nodes of a graph of layers stand, and how its edges run: laid out by dagre. */

import { Graph, layout } from "@dagrejs/dagre";
import { groupId, type Sight } from "./layer-graph.ts";

export const NODE = { width: 184, height: 44 } as const;
/** Above the nodes of an open group, for its name. */
const HEAD = 14;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function meet(a: Box, b: Box): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** By node or group. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** Points of each edge, from its start to its end. */
  readonly edges: readonly (readonly { readonly x: number; readonly y: number }[])[];
}

export function layOut({ nodes, groups, edges }: Sight): Layout {
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, marginx: 14, marginy: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { node } of groups) graph.setNode(groupId(node), {});
  for (const { node } of nodes) graph.setNode(node.id, { ...NODE });
  for (const { node, inside } of groups) if (inside) graph.setParent(groupId(node), inside);
  for (const { node, inside } of nodes) if (inside) graph.setParent(node.id, inside);
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  const boxes = new Map<string, Box>();
  for (const id of graph.nodes()) {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(id) as Partial<Placed>;
    boxes.set(id, { left: x - width / 2, top: y - height / 2, width, height });
  }
  for (const { node } of groups) {
    const box = boxes.get(groupId(node));
    if (box) boxes.set(groupId(node), { ...box, top: box.top - HEAD, height: box.height + HEAD });
  }
  const { width = 0, height = 0 } = graph.graph() as Partial<Placed>;
  return {
    ...{ width, height, boxes },
    edges: graph.edges().map((edge) => (graph.edge(edge) as { points: Point[] }).points),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Placed extends Point {
  readonly width: number;
  readonly height: number;
}
