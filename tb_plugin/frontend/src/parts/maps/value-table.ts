/** A map as numbers: what the colours say, for readers who do not see them. */

import { html, nothing } from "lit";
import { channelName, featureName, type InputValues } from "../../analysis/input-values.ts";
import { tokenName } from "../../analysis/map-text.ts";
import { short } from "../../analysis/numbers.ts";
import { type Plane, valueAt } from "../../draw/plane.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type CellAddress, inputValuesOf, orderOf, partOf } from "./map-figure.ts";

const MAX_SIDE = 32;
const MAX_ROWS = 500;
const MAX_CURVES = 4;

/** The shown plane of a map with `depth` slices or heads. */
export function valueTable(dashboard: Dashboard, cell: CellAddress, plane: Plane, depth: number) {
  const { kind, layout } = cell.column;
  const input = inputValuesOf(dashboard, cell);
  const words = input?.words ?? [];
  if (kind === "matrix") return gridTable(plane, "attends to", words);
  if (layout === "tokens") return rowTable(plane, ["word"], wordRows(plane, words));
  if (layout === "features") {
    const order = orderOf(dashboard, cell, plane.width);
    const value = (i: number): string => short(input?.values[i] ?? Number.NaN);
    const rows = order.map(
      (i) => [i, [featureName(input, i), ...(input ? [value(i)] : [])]] as const,
    );
    return rowTable(plane, input ? ["column", "input"] : ["column"], rows);
  }
  if (layout === "line") return rowTable(plane, ...lineRows(plane, input));
  const slice = html`<p>Slice ${partOf(dashboard, cell.column, depth)} of ${depth}.</p>`;
  return html`${depth > 1 ? slice : nothing}${gridTable(plane, "row", [])}`;
}

type Row = readonly [index: number, cells: readonly string[]];

function wordRows(plane: Plane, words: readonly string[]): Row[] {
  return range(plane.width)
    .filter((i) => words[i] !== "")
    .map((i) => [i, [words[i] ?? `word ${i}`]]);
}

function lineRows(plane: Plane, input: InputValues | undefined): [string[], Row[]] {
  const same = input?.layout === "line" && input.length === plane.width ? input : undefined;
  const curves = range(Math.min(same?.width ?? 0, MAX_CURVES));
  const value = (i: number, c: number): string =>
    short(same?.values[i * (same?.width ?? 0) + c] ?? Number.NaN);
  const rows = range(plane.width).map((i): Row => [i, [`${i}`, ...curves.map((c) => value(i, c))]]);
  return [["position", ...curves.map((c) => channelName(same, c))], rows];
}

function rowTable(plane: Plane, heads: readonly string[], rows: readonly Row[]) {
  const shown = rows.slice(0, MAX_ROWS);
  return html`<table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
          <th scope="col">value</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ([index, [first, ...others]]) => html`<tr>
            <th scope="row">${first}</th>
            ${others.map((text) => html`<td>${text}</td>`)}
            <td>${short(valueAt(plane, index))}</td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${rows.length > shown.length ? html`<p>The first ${shown.length} of ${rows.length}.</p>` : nothing}`;
}

/** Rows and columns by their words, where each has one, else by their numbers. */
function gridTable(plane: Plane, corner: string, words: readonly string[]) {
  const [width, height] = [Math.min(plane.width, MAX_SIDE), Math.min(plane.height, MAX_SIDE)];
  const isCut = width < plane.width || height < plane.height;
  const named = (count: number, i: number): string =>
    words.length === count ? tokenName(words, count, i) : `${i}`;
  return html`<table>
      <thead>
        <tr>
          <th scope="col">${corner}</th>
          ${range(width).map((x) => html`<th scope="col">${named(plane.width, x)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${range(height).map(
          (y) => html`<tr>
            <th scope="row">${named(plane.height, y)}</th>
            ${range(width).map((x) => html`<td>${short(valueAt(plane, y * plane.width + x))}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
    ${
      isCut
        ? html`<p>The first ${height} × ${width} of ${plane.height} × ${plane.width} values.</p>`
        : nothing
    }`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
