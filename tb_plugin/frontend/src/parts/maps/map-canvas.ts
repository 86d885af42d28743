/** The canvas of a map: another one where a map is drawn in a worker than where it is not. */

import { html } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { isRow } from "../../analysis/layouts.ts";
import type { Column } from "../../state/columns.ts";
import { layoutOf } from "./map-figure.ts";

/** A canvas that was handed over to a worker cannot be drawn on here, and the other way round. */
export function canvasOf(column: Pick<Column, "kind" | "layout">, name?: string) {
  const canvas = name
    ? html`<canvas role="img" aria-label=${name}></canvas>`
    : html`<canvas></canvas>`;
  return keyed(isRow(layoutOf(column)), canvas);
}
