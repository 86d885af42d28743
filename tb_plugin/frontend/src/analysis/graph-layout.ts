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
  /** Beside nodes, the names of inputs that many others read, too: lines would hide the rest. */
  readonly stubs: readonly { readonly text: string; readonly box: Box }[];
  /** Points of each edge, from its start to its end. */
  readonly edges: readonly (readonly { readonly x: number; readonly y: number }[])[];
}

export const NO_BOX: Box = { left: 0, top: 0, width: 0, height: 0 };
export const NOWHERE: Layout = { width: 0, height: 0, boxes: new Map(), stubs: [], edges: [] };

/** An input that as many nodes read is named beside them. */
const MANY = 4;
const STUB = 92;

export function layOut({ nodes, groups, edges }: Sight): Layout {
  const hubs = hubsIn(nodes, edges);
  const read = new Map<string, string[]>();
  for (const [from, to] of edges) {
    const name = hubs.get(from);
    if (name !== undefined) read.set(to, [...(read.get(to) ?? []), name]);
  }
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, marginx: 14, marginy: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { node } of groups) graph.setNode(groupId(node), {});
  for (const { node } of nodes) {
    graph.setNode(node.id, { ...NODE, width: NODE.width + (read.has(node.id) ? STUB : 0) });
  }
  for (const { node, inside } of groups) if (inside) graph.setParent(groupId(node), inside);
  for (const { node, inside } of nodes) if (inside) graph.setParent(node.id, inside);
  for (const [from, to] of edges) if (!hubs.has(from)) graph.setEdge(from, to);
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
  const stubs = [...read].flatMap(([id, names]) => {
    const box = boxes.get(id);
    if (!box) return [];
    boxes.set(id, { ...box, left: box.left + STUB, width: NODE.width });
    return [{ text: names.join(", "), box: { ...box, width: STUB } }];
  });
  const { width = 0, height = 0 } = graph.graph() as Partial<Placed>;
  return {
    ...{ width, height, boxes, stubs },
    edges: graph.edges().map((edge) => (graph.edge(edge) as { points: Point[] }).points),
  };
}

/** The inputs that many nodes read, by node, with their names. */
function hubsIn(nodes: Sight["nodes"], edges: Sight["edges"]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const [from] of edges) counts.set(from, (counts.get(from) ?? 0) + 1);
  return new Map(
    nodes.flatMap(({ node: { id, row, label } }) =>
      row?.kind === "input" && (counts.get(id) ?? 0) >= MANY ? [[id, label] as const] : [],
    ),
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Placed extends Point {
  readonly width: number;
  readonly height: number;
}
