/** The graph of a model's layers: nested models and repeated blocks as groups, folded or not. */

import type { NodeRow, Structure } from "../format/structured.ts";
import { layerNamed } from "./called-layers.ts";
import { memo } from "./memo.ts";

/** A layer call, an input, or a group of calls: a nested model, or calls named alike. */
export interface GraphNode {
  /** Unique: the number of its row, or for calls named alike their common name. */
  readonly id: string;
  /** What is written on it: its name without those of the groups around it. */
  readonly label: string;
  /** Its own row; undefined of calls that are only named alike. */
  readonly row: NodeRow | undefined;
  /** The number of its row; -1 without one. */
  readonly number: number;
  readonly parts: readonly GraphNode[];
}

/** Fewer calls of one name make no group. */
const LEAST_ALIKE = 3;
/** Groups are open from the start as long as no more nodes are in sight than this. */
export const MOST_OPEN = 40;

/** The nodes of a structure as a tree. */
export const treeOf = memo((structure: Structure): readonly GraphNode[] => {
  const inside = new Map<number, number[]>();
  for (const [number, parent] of structure.parents.entries()) {
    if (structure.rows[number]?.kind === "uncalled") continue;
    inside.set(parent, [...(inside.get(parent) ?? []), number]);
  }
  const below = (parent: number, outer: string): GraphNode[] => {
    const nodes = (inside.get(parent) ?? []).map((number): GraphNode => {
      const row = structure.rows[number] as NodeRow;
      const label = row.name.startsWith(outer) ? row.name.slice(outer.length) : row.name;
      return {
        ...{ id: String(number), label, row, number },
        parts: below(number, `${row.name.replace(/@\d+$/, "")}/`),
      };
    });
    return inFolders(nodes, `${parent}`);
  };
  return below(-1, "");
});

/** Neighbours in a folder that no call stands for, as where a model is built of another one's layers, become one. */
function inFolders(nodes: readonly GraphNode[], place: string): GraphNode[] {
  const found: GraphNode[] = [];
  for (let start = 0; start < nodes.length; ) {
    const folder = folderOf(nodes[start]);
    let end = start + 1;
    while (end < nodes.length && folder && folderOf(nodes[end]) === folder) end++;
    const some = nodes.slice(start, end);
    if (folder && some.length >= LEAST_ALIKE) {
      const id = `${place}:${start}:${folder}/`;
      const parts = inFolders(within(some, folder), id);
      if (some.length === nodes.length) return parts;
      found.push({ id, label: folder, row: undefined, number: -1, parts });
    } else {
      found.push(...some);
    }
    start = end;
  }
  return alike(found, place);
}

/** The first part of a path of several. */
function folderOf(node: GraphNode | undefined): string {
  return node?.label.match(/^([^/]+)\/./)?.[1] ?? "";
}

/** Neighbours whose names begin alike, up to a number, become one: `block_1_expand`, `block_1_project`. */
function alike(nodes: readonly GraphNode[], place: string): GraphNode[] {
  const found: GraphNode[] = [];
  for (let start = 0; start < nodes.length; ) {
    const name = commonName(nodes[start]?.label ?? "");
    let end = start + 1;
    while (end < nodes.length && name && commonName(nodes[end]?.label ?? "") === name) end++;
    const some = nodes.slice(start, end);
    if (name && some.length >= LEAST_ALIKE && some.length < nodes.length) {
      const id = `${place}:${start}:${name}`;
      const parts = alike(within(some, name), id);
      found.push({ id, label: name, row: undefined, number: -1, parts });
    } else {
      found.push(...some);
    }
    start = end;
  }
  return found;
}

/** With labels that do not repeat what the group around them is called. */
function within(nodes: readonly GraphNode[], name: string): GraphNode[] {
  return nodes.map((node) => ({ ...node, label: node.label.slice(name.length + 1) }));
}

/** What stands before the `_` behind the first number; empty where there is none. */
function commonName(label: string): string {
  // Of `conv2d_1` the number is Keras' own.
  return label.match(/^\D*\d+[a-z]?(?=_(?!\d+$))/i)?.[0] ?? "";
}

/** The groups that are open at first: those of one depth together, outer ones first, while there is room. */
export function firstOpen(tree: readonly GraphNode[]): ReadonlySet<string> {
  const open = new Set<string>();
  let count = tree.length;
  let level = tree.filter(isGroup);
  while (level.length > 0) {
    const parts = level.flatMap((node) => node.parts);
    count += parts.length - level.length;
    if (count > MOST_OPEN) break;
    for (const { id } of level) open.add(id);
    level = parts.filter(isGroup);
  }
  return open;
}

export function isGroup({ parts }: GraphNode): boolean {
  return parts.length > 0;
}

/** All layer calls inside a node, itself where it is one. */
export function callsIn(node: GraphNode): GraphNode[] {
  return isGroup(node) ? node.parts.flatMap(callsIn) : [node];
}

/** The numbers of the calls of a layer, by what the page calls it. */
export function callsOf(structure: Structure, layer: string): readonly number[] {
  return callsByLayer(structure).get(layer) ?? [];
}

const callsByLayer = memo((structure: Structure): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>();
  for (const [number, { kind, name }] of structure.rows.entries()) {
    if (kind !== "call") continue;
    const own = layerNamed(name);
    const called = structure.called?.get(own) ?? own;
    found.set(called, [...(found.get(called) ?? []), number]);
  }
  return found;
});

/** The layer that a node calls, as tables name it. */
export function layerOf({ row }: GraphNode): string {
  return layerNamed(row?.name ?? "");
}

/** What is in sight: nodes with the open group around each, and edges between them. */
export interface Sight {
  readonly nodes: readonly { readonly node: GraphNode; readonly inside: string }[];
  /** Open groups, each with the open group around it. */
  readonly groups: readonly { readonly node: GraphNode; readonly inside: string }[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export const EMPTY: Sight = { nodes: [], groups: [], edges: [] };

/**
 * What is in sight where these groups are open. An open nested model whose output is that of a
 * layer inside has no node of its own; one that adds something to it has one behind its layers.
 */
export function sightOf(
  structure: Structure,
  tree: readonly GraphNode[],
  open: ReadonlySet<string>,
): Sight {
  const nodes: Sight["nodes"][number][] = [];
  const groups: Sight["groups"][number][] = [];
  /** By number of a row, the node that stands for it. */
  const shown = new Map<number, string>();
  const hide = (node: GraphNode, id: string): void => {
    if (node.number >= 0) shown.set(node.number, id);
    for (const part of node.parts) hide(part, id);
  };
  const visit = (node: GraphNode, inside: string): void => {
    if (!isGroup(node) || !open.has(node.id)) {
      nodes.push({ node, inside });
      hide(node, node.id);
      return;
    }
    groups.push({ node, inside });
    for (const part of node.parts) visit(part, groupId(node));
    if (node.number < 0) return;
    const [only, ...others] = sourcesOf(structure, node.number);
    const isInside = only !== undefined && others.length === 0 && holds(node, only);
    const passed = isInside ? shown.get(only) : undefined;
    if (passed === undefined) nodes.push({ node: { ...node, parts: [] }, inside: groupId(node) });
    shown.set(node.number, passed ?? node.id);
  };
  for (const node of tree) visit(node, "");
  const edges = new Map<string, readonly [string, string]>();
  for (let i = 0; i < structure.edges.length; i += 2) {
    const from = shown.get(structure.edges[i] as number);
    const to = shown.get(structure.edges[i + 1] as number);
    if (from !== undefined && to !== undefined && from !== to) {
      edges.set(`${from}\n${to}`, [from, to]);
    }
  }
  return { nodes, groups, edges: [...edges.values()] };
}

/** The box of an open group beside its own node. */
export function groupId(node: GraphNode): string {
  return `group ${node.id}`;
}

function holds({ parts }: GraphNode, number: number): boolean {
  return parts.some((part) => part.number === number || holds(part, number));
}

/** The numbers of what a node reads. */
export function sourcesOf({ edges }: Structure, number: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < edges.length; i += 2) {
    if (edges[i + 1] === number) found.push(edges[i] as number);
  }
  return found;
}
