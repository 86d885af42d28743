/** What has to be fetched for what is shown. */

import { EVIDENCE, isOfEvidence } from "../analysis/explained-table.ts";
import { belongs, isTable } from "../analysis/kernels.ts";
import { layerPath, unwrapped } from "../analysis/wrappers.ts";
import type { Group } from "../data/listing.ts";
import type { Want } from "../data/plan.ts";
import type { Store } from "../data/store.ts";
import { isRead } from "../format/records.ts";
import { type Column, isColumn } from "./columns.ts";
import { isControl, type ShownRun, sourcesOf } from "./runs.ts";
import { loggedLayer } from "./same-layers.ts";
import { ladderSample, type Scene } from "./scene.ts";

/**
 * What has to be fetched for a scene: of maps the samples that are needed; of the kernels those
 * that are selected or whose feature maps are shown; of activations those of the selected layer.
 */
export function wantsOf(scene: Scene, store: Store): Want[] {
  const shown = new Set(scene.shownColumns.map((column) => column.group));
  const tiled = scene.shownColumns.filter(({ kind }) => kind === "channels");
  const isShown = (run: ShownRun, one: Group): boolean => {
    const { kind, group, layer } = one;
    if (kind === "map" && scene.metric === EVIDENCE && isOfEvidence(one)) return true;
    if (isColumn(kind)) {
      if (scene.showsCost && run.run.groups.some(isChangedOf(one))) return true;
      return shown.has(group) || isNeeded(scene, one) || isStage(scene, one);
    }
    if (kind !== "kernel" && kind !== "units" && kind !== "changed") return true;
    return (
      isOfLayer(calledName(run, one, store), scene.layer ?? "") ||
      (kind === "kernel" && tiled.some((column) => belongs(layer, loggedLayer(run, column))))
    );
  };
  const wants = scene.shown.flatMap((run) =>
    sourcesOf(run).flatMap((source) =>
      source.groups
        .filter((group) => isRead(group.kind) && isShown(run, group))
        .flatMap((group) => wantOf(source.run, group, scene, store)),
    ),
  );
  // A band is that of all controls, shown or not.
  const controls = scene.runs.filter((run) => isControl(run) && !scene.shown.includes(run));
  const drifts = controls.flatMap(({ id, run }) =>
    run.groups
      .filter(({ kind }) => kind === "drift")
      .flatMap((group) => wantOf(id, group, scene, store)),
  );
  return [...wants, ...drifts];
}

/** What the page calls a kernel or layer. */
function calledName(run: ShownRun, { kind, layer }: Group, store: Store): string {
  const series =
    kind === "units"
      ? store.get(run.health?.run ?? "", "health")
      : store.get(run.compression?.run ?? "", "kernels");
  const record = series?.points.findLast((point) => point.record)?.record;
  return (isTable(record) && record.called?.get(unwrapped(layer))) || layer;
}

/** Whether a kernel or layer is the selected one, or of its layer. */
function isOfLayer(name: string, selected: string): boolean {
  const [own, chosen] = [unwrapped(name), unwrapped(selected)];
  return own === chosen || own === layerPath(chosen) || layerPath(own) === chosen;
}

/** Says whether a group is of maps of the same method under compressed kernels. */
function isChangedOf({ explainer }: Group): (other: Group) => boolean {
  return (other) => other.kind === "changed" && other.explainer === explainer;
}

/** Whether it is the method of the wall and the boxes, whose maps of all samples are needed. */
function isNeeded({ evidence, needsAll }: Scene, { group }: Group): boolean {
  return needsAll && group === evidence?.group;
}

/** Whether it is a map of a stage, or channels with shares of its evidence, where these are in sight. */
function isStage({ showsLadder, ladder }: Scene, { group, kind, layer }: Group): boolean {
  const isOf = (column: Column): boolean =>
    column.group === group || (kind === "channels" && column.layer === layer);
  return showsLadder && ladder.some(isOf);
}

function wantOf(run: string, shown: Group, scene: Scene, store: Store): Want[] {
  const { fetched, samples, shownColumns } = scene;
  const group = { ...shown, ...shown.logged };
  if (isStage(scene, shown) && !isNeeded(scene, shown)) {
    const isElsewhere = shownColumns.some((column) => column.group === shown.group);
    const sample = ladderSample(scene);
    if (!isElsewhere) {
      const own = group.samples.filter((one) => store.sharedNumber(run, one) === sample);
      return own.length > 0 ? [{ run, group, samples: own }] : [];
    }
  }
  const isWhole = fetched.length === samples.length || isNeeded(scene, shown);
  if (isWhole || group.samples.length === 0) {
    return [{ run, group, samples: [] }];
  }
  const needed = group.samples.filter((own) => fetched.includes(store.sharedNumber(run, own)));
  return needed.length > 0 ? [{ run, group, samples: needed }] : [];
}
