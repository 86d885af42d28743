/** From a finding to the place on the page where it can be seen. */

import type { Finding } from "../../analysis/findings.ts";
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
  if (finding.kind === "place" && finding.box.length > 0) addBox(dashboard, finding.box);
  dashboard.seek(finding.step);
}

function viewOf(
  dashboard: Dashboard,
  { kind, explainer, layer, samples }: Finding,
  run: ShownRun | undefined,
): Partial<View> {
  const { scene, store } = dashboard;
  if (kind === "place") return { view: "overview" };
  if (kind === "layer" || kind === "dead") {
    const metric = kind === "layer" ? "filter_sparsity" : "dead_share";
    const groups = groupsWith(scene, layer);
    return { view: "model", layer, metric, panel: "layers", ...(groups ? { groups } : {}) };
  }
  if (samples.length === 0) return {};
  const shared = samples.map((own) => store.sharedNumber(run?.id ?? "", own));
  const group = scene.columns.find((one) => one.explainer === explainer && one.layer === layer);
  const shownGroups = scene.shownColumns.map((one) => one.group);
  const isMissing = group && !shownGroups.includes(group.group);
  return {
    view: "samples",
    samples: shared.sort((a, b) => a - b),
    ...(isMissing ? { groups: [...shownGroups, group.group] } : {}),
  };
}
