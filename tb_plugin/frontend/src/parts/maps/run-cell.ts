/** The cell that shows what one run has of a sample in a column. */

import { html, literal } from "lit/static-html.js";
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

const NAMES = {
  map: literal`tfx-map-cell`,
  picture: literal`tfx-made-picture-cell`,
  matrix: literal`tfx-attention-cell`,
  channels: literal`tfx-tiles-cell`,
} as const;

export function runCell({ dashboard, run, column, sample, side }: Place) {
  const name = NAMES[column.kind];
  return html`<${name}
    .dashboard=${dashboard}
    .run=${run}
    .column=${column}
    .sample=${sample}
    .side=${side}
    ?large=${side !== undefined}
  ></${name}>`;
}
