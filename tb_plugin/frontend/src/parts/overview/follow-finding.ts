/** From a finding to the place on the page where it can be seen. */

import { type Finding, isAlarm } from "../../analysis/findings.ts";
import { kernelRow, layerRow } from "../../analysis/kernels.ts";
import { unwrapped } from "../../analysis/wrappers.ts";
import { recordsOf } from "../../data/series.ts";
import { groupsWith } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { View } from "../../state/view.ts";
import { addBox } from "./box-actions.ts";

export function runOf({ scene }: Dashboard, { run }: Finding): ShownRun | undefined {
  return scene.runs.find(({ name }) => name === run);
}

/** Show the run of a finding at its epoch, and what it says there. */
export function follow(dashboard: Dashboard, finding: Finding): void {
  const run = runOf(dashboard, finding);
  const { shown } = dashboard.scene;
  const ids = shown.map(({ id }) => id);
  const isShown = !run || ids.includes(run.id);
  dashboard.update({
    ...(isShown ? {} : { runs: [...ids, run.id], difference: undefined }),
    ...viewOf(dashboard, finding, run),
    opened: undefined,
  });
  if (isPlace(finding) && finding.box.length > 0) addBox(dashboard, finding.box);
  dashboard.seek(finding.step);
}

/** What the page calls a kernel or layer that the log calls `logged`. */
function shownName(dashboard: Dashboard, logged: string, run: ShownRun | undefined): string {
  const { kernels, layers } = dashboard.scene;
  if (!run) return logged;
  const last = recordsOf(dashboard.health(run), "health").at(-1);
  const own = layers.find((name) => layerRow(last, name)?.path === logged);
  if (own !== undefined) return own;
  const table = recordsOf(dashboard.kernels(run), "kernels").at(-1);
  return kernels.find((name) => kernelRow(table, name)?.name === logged) ?? unwrapped(logged);
}

function isPlace({ kind }: Finding): boolean {
  return kind === "place" || kind === "gathers";
}

function viewOf(dashboard: Dashboard, finding: Finding, run: ShownRun | undefined): Partial<View> {
  const { scene, store } = dashboard;
  const { kind, explainer, layer, metric, samples } = finding;
  if (isPlace(finding)) return { view: "overview" };
  if (kind === "strategy") return { view: "data", data: "clusters" };
  const name = shownName(dashboard, layer, run);
  if (kind === "sensitive") return { view: "model", layer: name, panel: "cost" };
  if (metric) {
    const groups = groupsWith(scene, name);
    return { view: "model", layer: name, metric, panel: "layers", ...(groups ? { groups } : {}) };
  }
  if (samples.length === 0 && !isAlarm(finding)) return {};
  const shared = samples.map((own) => store.sharedNumber(run?.id ?? "", own));
  const group = scene.columns.find((one) => one.explainer === explainer && one.layer === layer);
  const shownGroups = scene.shownColumns.map((one) => one.group);
  const isMissing = group && !shownGroups.includes(group.group);
  return {
    view: "samples",
    ...(shared.length > 0 ? { samples: shared.sort((a, b) => a - b) } : {}),
    ...(isMissing ? { groups: [...shownGroups, group.group] } : {}),
  };
}
