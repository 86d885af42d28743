/** The cell that shows what one run has of a sample in a column. */

import { html } from "lit";
import type { Dashboard } from "../../state/dashboard.ts";
import "./attention-cell.ts";
import "./made-picture-cell.ts";
import "./map-cell.ts";
import type { CellAddress } from "./map-figure.ts";
import "./tiles-cell.ts";

interface Place extends CellAddress {
  readonly dashboard: Dashboard;
  /** In pixels; undefined: as large as all maps of the grid. */
  readonly side?: number;
}

export function runCell({ dashboard, run, column, sample, side }: Place) {
  switch (column.kind) {
    case "map":
      return html`<tfx-map-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
        .side=${side}
        ?large=${side !== undefined}
      ></tfx-map-cell>`;
    case "picture":
      return html`<tfx-made-picture-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
        .side=${side}
        ?large=${side !== undefined}
      ></tfx-made-picture-cell>`;
    case "matrix":
      return html`<tfx-attention-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
        .side=${side}
        ?large=${side !== undefined}
      ></tfx-attention-cell>`;
    case "channels":
      return html`<tfx-tiles-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
        .side=${side}
        ?large=${side !== undefined}
      ></tfx-tiles-cell>`;
  }
}
