/** Which tables the strips are made of: those that have the metric. */

import { mergeNames, namesOf, type Table } from "../../analysis/kernels.ts";
import { seriesWith } from "../../analysis/strip-rows.ts";
import type { Series } from "../../data/series.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { compressed, measured } from "../../state/scene.ts";

/** The kind of the tables that have a metric: of health, of kernels, or of what maps tell. */
export function kindWith(dashboard: Dashboard, metric: string): Table["kind"] {
  const all = dashboard.scene.shown.flatMap((run) => dashboard.tables(run));
  const kind = seriesWith(metric, all)?.kind;
  return kind === "kernels" || kind === "explained" ? kind : "health";
}

export function tablesOf(
  dashboard: Dashboard,
  kind: Table["kind"],
  run: ShownRun,
): Series | undefined {
  if (kind === "explained") return dashboard.explained(run);
  return kind === "health" ? dashboard.health(run) : dashboard.kernels(run);
}

/** The shown runs that have tables of a kind. */
export function runsWith(dashboard: Dashboard, kind: Table["kind"]): ShownRun[] {
  const { scene } = dashboard;
  if (kind === "explained") return scene.shown.filter((run) => dashboard.explained(run));
  return kind === "health" ? measured(scene) : compressed(scene);
}

/** The names of all rows, in the order of the model. */
export function rowsIn(dashboard: Dashboard, kind: Table["kind"]): readonly string[] {
  const { scene } = dashboard;
  if (kind !== "explained") return kind === "health" ? scene.layers : scene.kernels;
  const series = runsWith(dashboard, kind).flatMap((run) => dashboard.explained(run) ?? []);
  const names = mergeNames(series.map(namesOf));
  return names.sort((a, b) => scene.calls.indexOf(a) - scene.calls.indexOf(b));
}
