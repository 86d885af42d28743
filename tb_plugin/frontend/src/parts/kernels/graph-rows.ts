/** What the nodes of a graph are called in tables and by the page. */

import { calledLayers } from "../../analysis/called-layers.ts";
import { metricOf } from "../../analysis/compression.ts";
import { cellText, sameLayer, type Table } from "../../analysis/kernels.ts";
import { callsIn, type GraphNode, isGroup, layerOf } from "../../analysis/layer-graph.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { titleOf } from "./graph-drawing.ts";

/** The layer of maps at a model's only input. */
const INPUT = "input";

/** Whether a run's model calls the chosen layer. */
export function callsChosen({ scene }: Dashboard, { id }: ShownRun): boolean {
  const { layer } = scene;
  const structure = scene.structures.get(id);
  const names = structure ? calledLayers(structure) : [];
  return layer !== undefined && names.includes(sameLayer(names, layer) ?? layer);
}

/** The kernel or layer that a call can be chosen as. */
export function choiceOf(dashboard: Dashboard, run: ShownRun, node: GraphNode): string | undefined {
  if (node.row?.kind !== "call") return undefined;
  const { kernels, layers, calls } = dashboard.scene;
  return sameLayer([...kernels, ...layers, ...calls], dashboard.nameIn(run, layerOf(node)));
}

/** The rows of a table that are of the calls inside a node. */
export function rowsInside(
  dashboard: Dashboard,
  run: ShownRun,
  node: GraphNode,
  names: readonly string[],
): readonly string[] {
  const { rows = [] } = dashboard.structure(run) ?? {};
  const isOnly = rows.filter(({ kind }) => kind === "input").length === 1;
  const nameOf = ({ row }: GraphNode, own: string): string =>
    row?.kind === "input" && isOnly ? INPUT : dashboard.nameIn(run, own);
  const known = new Set(names);
  return callsIn(node)
    .flatMap((call) => sameLayer(names, nameOf(call, layerOf(call))) ?? [])
    .filter((name) => known.has(name));
}

/** What is said of a node, or of the metric where none is looked at. */
export function textOf(
  dashboard: Dashboard,
  run: ShownRun | undefined,
  {
    own,
    name,
    record,
  }: { own?: GraphNode | undefined; name?: string | undefined; record?: Table | undefined },
): string {
  const { metric, layer } = dashboard.scene;
  if (!own && run && layer && !callsChosen(dashboard, run))
    return `${layer}: no layer of ${run.name}`;
  if (!own) return metricOf(metric).meaning;
  if (isGroup(own) || name === undefined) return titleOf(own);
  return `${own.row?.name ?? own.label}: ${cellText(record, name, metric)}`;
}
