/** The enlarged map over epochs: frames of a film, or rows of values. */

import { html, nothing } from "lit";
import { isRow } from "../../analysis/layouts.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import "./epochs-strip.ts";
import "./film-strip.ts";
import type { CellAddress } from "./map-figure.ts";

export function epochStrip(
  dashboard: Dashboard,
  { run, column, sample }: CellAddress,
  channel: number,
) {
  if (dashboard.scene.steps.length < 2) return nothing;
  if (column.kind === "map" && isRow(column.layout)) {
    return html`<tfx-epochs-strip
      .dashboard=${dashboard}
      .run=${run}
      .column=${column}
      .sample=${sample}
    ></tfx-epochs-strip>`;
  }
  return html`<tfx-film-strip
    .dashboard=${dashboard}
    .run=${run}
    .column=${column}
    .sample=${sample}
    .channel=${channel}
  ></tfx-film-strip>`;
}
