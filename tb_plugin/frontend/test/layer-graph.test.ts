import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, NODE } from "../src/analysis/graph-layout.ts";
import {
  callsIn,
  firstOpen,
  type GraphNode,
  groupId,
  MOST_OPEN,
  type Sight,
  sightOf,
  treeOf,
} from "../src/analysis/layer-graph.ts";
import { NO_CURVES, type Structure } from "../src/format/structured.ts";

/** Rows of (name, the call that it is a part of), and edges. */
function structureOf(
  rows: readonly (readonly [name: string, parent?: number])[],
  edges: readonly (readonly [number, number])[],
): Structure {
  return {
    kind: "structure",
    rows: rows.map(([name], i) => ({
      ...{ name, type: "Layer", shape: "4", dtype: "float32", activation: "", state: "", mode: "" },
      kind: i === 0 ? "input" : name === "spare" ? "uncalled" : "call",
    })),
    parents: Int32Array.from(rows, ([, parent = -1]) => parent),
    edges: Int32Array.from(edges.flat()),
    numbers: new Float64Array(2 * rows.length),
    training: new Map(),
    curves: NO_CURVES,
  };
}

const outline = (nodes: readonly GraphNode[]): unknown[] =>
  nodes.map(({ label, parts }) => (parts.length > 0 ? [label, outline(parts)] : label));

const ids = (tree: readonly GraphNode[], ...labels: readonly string[]): Set<string> => {
  const all = tree.flatMap(function below(node): GraphNode[] {
    return [node, ...node.parts.flatMap(below)];
  });
  return new Set(all.filter(({ label }) => labels.includes(label)).map(({ id }) => id));
};

/** What is in sight by its labels: nodes, groups, edges. */
function told({ nodes, groups, edges }: Sight): unknown {
  const labels = new Map(nodes.map(({ node }) => [node.id, node.label]));
  return {
    nodes: nodes.map(({ node }) => node.label),
    groups: groups.map(({ node }) => node.label),
    edges: edges.map(([from, to]) => `${labels.get(from)} > ${labels.get(to)}`),
  };
}

/** input > net (conv > relu) > block (reads its branch and what it reads) > head */
const NESTED = structureOf(
  [
    ["input"],
    ["net/conv", 3],
    ["net/relu", 3],
    ["net"],
    ["block/branch", 5],
    ["block"],
    ["head"],
    ["spare"],
  ],
  [
    ...([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [3, 5],
      [4, 5],
      [5, 6],
    ] as const),
  ],
);

test("layers of nested models are inside of them, and what is never called is nowhere", () => {
  assert.deepEqual(outline(treeOf(NESTED)), [
    "input",
    ["net", ["conv", "relu"]],
    ["block", ["branch"]],
    "head",
  ]);
});

test("folded models are one node each, and edges go between them", () => {
  assert.deepEqual(told(sightOf(NESTED, treeOf(NESTED), new Set())), {
    nodes: ["input", "net", "block", "head"],
    groups: [],
    edges: ["input > net", "net > block", "block > head"],
  });
});

test("an open model stands for its last layer, and one that adds something behind its layers", () => {
  const tree = treeOf(NESTED);
  assert.deepEqual(told(sightOf(NESTED, tree, ids(tree, "net", "block"))), {
    nodes: ["input", "conv", "relu", "branch", "block", "head"],
    groups: ["net", "block"],
    edges: [
      ...["input > conv", "conv > relu", "relu > branch", "relu > block"],
      ...["branch > block", "block > head"],
    ],
  });
});

test("neighbours whose names begin alike, up to a number, are a group", () => {
  const names = [
    ...["input", "Conv1", "bn_Conv1", "stage1_block1_conv", "stage1_block1_norm"],
    ...["stage1_block1_relu", "stage1_out", "block_2_expand", "block_2_project", "conv2d_1"],
    ...["conv2d_2", "conv2d_3"],
  ];
  const chain = names.slice(1).map((_, i) => [i, i + 1] as const);
  const tree = treeOf(
    structureOf(
      names.map((name) => [name] as const),
      chain,
    ),
  );
  assert.deepEqual(outline(tree), [
    ...["input", "Conv1", "bn_Conv1"],
    ["stage1", [["block1", ["conv", "norm", "relu"]], "out"]],
    // Two are too few.
    ...["block_2_expand", "block_2_project", "conv2d_1", "conv2d_2", "conv2d_3"],
  ]);
  const [group] = tree.filter(({ parts }) => parts.length > 0);
  assert.equal(group && callsIn(group).length, 4);
});

test("neighbours in a folder that no call stands for are a group, of which the folder is the name", () => {
  const names = ["ids", "net/embed", "net/block_0/a", "net/block_0/b", "net/block_0/c", "head"];
  const chain = names.slice(1).map((_, i) => [i, i + 1] as const);
  const rows = names.map((name) => [name] as const);
  assert.deepEqual(outline(treeOf(structureOf(rows, chain))), [
    "ids",
    ["net", ["embed", ["block_0", ["a", "b", "c"]]]],
    "head",
  ]);
});

test("an input that many nodes read is named beside them, and no line leads from it", () => {
  const names = ["mask", "a", "b", "c", "d"];
  const edges = [0, 1, 2, 3].flatMap((i) => [
    [0, i + 1] as const,
    ...(i > 0 ? [[i, i + 1] as const] : []),
  ]);
  const rows = names.map((name) => [name] as const);
  const structure = structureOf(rows, edges);
  const sight = sightOf(structure, treeOf(structure), new Set());
  const placed = layOut(sight);
  assert.deepEqual(
    placed.stubs.map(({ text }) => text),
    ["mask", "mask", "mask", "mask"],
  );
  assert.equal(placed.edges.length, 3);
  const [stub] = placed.stubs;
  const box = placed.boxes.get("1");
  assert.ok(stub && box && stub.box.left + stub.box.width === box.left);
  assert.equal(box.width, NODE.width);
});

test("groups of one depth are open at first, all or none, as long as there is room", () => {
  const tree = treeOf(NESTED);
  assert.deepEqual(firstOpen(tree), ids(tree, "net", "block"));
  const many = Array.from(
    { length: MOST_OPEN },
    (_, i) => [`net/part${i}`, MOST_OPEN + 1] as const,
  );
  const large = treeOf(structureOf([["input"], ...many, ["net"]], []));
  assert.deepEqual(firstOpen(large), new Set());
});

test("nodes stand below what they read, inside of their group, and on no other node", () => {
  const tree = treeOf(NESTED);
  const sight = sightOf(NESTED, tree, ids(tree, "net", "block"));
  const { boxes, edges, width, height } = layOut(sight);
  const boxOf = (id: string) => boxes.get(id) ?? assert.fail(id);
  assert.equal(edges.length, sight.edges.length);
  for (const [from, to] of sight.edges) {
    assert.ok(boxOf(from).top + NODE.height <= boxOf(to).top, `${from} > ${to}`);
  }
  for (const { node, inside } of sight.nodes) {
    const own = boxOf(node.id);
    assert.ok(own.left >= 0 && own.left + own.width <= width && own.top + own.height <= height);
    if (!inside) continue;
    const group = boxOf(inside);
    assert.ok(group.top < own.top && group.top + group.height >= own.top + own.height);
    assert.ok(group.left <= own.left && group.left + group.width >= own.left + own.width);
  }
  assert.ok(boxes.has(groupId(tree[1] as GraphNode)));
  for (const [i, { node }] of sight.nodes.entries()) {
    for (const other of sight.nodes.slice(i + 1)) {
      const [a, b] = [boxOf(node.id), boxOf(other.node.id)];
      const isApart =
        a.left + a.width <= b.left ||
        b.left + b.width <= a.left ||
        a.top + a.height <= b.top ||
        b.top + b.height <= a.top;
      assert.ok(isApart, `${node.label} on ${other.node.label}`);
    }
  }
});

test("a graph of nothing has no size", () => {
  assert.equal(layOut({ nodes: [], groups: [], edges: [] }).boxes.size, 0);
});
