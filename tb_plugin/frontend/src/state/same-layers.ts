/** Maps of the same layer stand in one column, also where Keras counted it otherwise in a run. */

import { sameByOrder } from "../analysis/automatic-names.ts";
import type { Group, Run } from "../data/listing.ts";
import { isColumn } from "./columns.ts";
import type { ShownRun } from "./runs.ts";

/**
 * The runs with the groups of their layers called as in the first run that has such maps, and by
 * run, what the log calls each group that was renamed.
 */
export function withSameLayers(shown: readonly ShownRun[]): {
  readonly runs: readonly ShownRun[];
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
} {
  const first = new Map<string, readonly string[]>();
  const aliases = new Map<string, Map<string, string>>();
  const runs = shown.map((one) => {
    const names = new Map<string, Map<string, string>>();
    for (const [key, layers] of layersByExplainer(one)) {
      const known = first.get(key);
      if (known) names.set(key, sameByOrder(known, layers));
      else first.set(key, layers);
    }
    const groups = one.run.groups.map((group) => renamed(group, names.get(keyOf(group))));
    const changed = groups.flatMap(({ group, logged }) =>
      logged ? [[group, logged.group] as const] : [],
    );
    if (changed.length === 0) return one;
    aliases.set(one.id, new Map(changed));
    const run: Run = { ...one.run, groups };
    const own = <R>(source: R): R | Run => (source === one.run ? run : source);
    return { ...one, run, compression: own(one.compression), health: own(one.health) };
  });
  return { runs, aliases };
}

function keyOf({ kind, explainer }: Group): string {
  // Drift, trust and the like are of maps, and called as these.
  return `${isColumn(kind) ? kind : "map"}/${explainer}`;
}

/** The layers of each explainer, in the model's order where the log says it. */
function layersByExplainer({ run, samples }: ShownRun): Map<string, string[]> {
  const layers = new Map<string, string[]>();
  for (const group of run.groups) {
    if (!isColumn(group.kind)) continue;
    const key = keyOf(group);
    layers.set(key, [...(layers.get(key) ?? []), group.layer]);
  }
  for (const [key, names] of layers) {
    const order = samples?.layers[key.slice(key.indexOf("/") + 1)] ?? [];
    const rank = (name: string): number => order.indexOf(name);
    layers.set(
      key,
      [...names].sort((a, b) => rank(a) - rank(b)),
    );
  }
  return layers;
}

function renamed(group: Group, names: ReadonlyMap<string, string> | undefined): Group {
  const layer = names?.get(group.layer);
  if (layer === undefined || !group.group.endsWith(`/${group.layer}`)) return group;
  const start = group.group.slice(0, group.group.length - group.layer.length);
  return { ...group, layer, group: start + layer, logged: group };
}

/** What a run's log calls the layer of a column. */
export function loggedLayer(
  { run }: ShownRun,
  { group, layer }: Pick<Group, "group" | "layer">,
): string {
  return run.groups.find((one) => one.group === group)?.logged?.layer ?? layer;
}
