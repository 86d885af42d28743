/** A map as numbers: what the colours say, for readers who do not see them. */

import { html, nothing } from "lit";
import { short } from "../analysis/numbers.ts";
import { type Plane, valueAt } from "../draw/plane.ts";

const MAX_SIDE = 32;
const MAX_FEATURES = 500;

export function valueTable(plane: Plane) {
  return plane.height === 1 ? featureTable(plane) : gridTable(plane);
}

function featureTable(plane: Plane) {
  const count = Math.min(plane.width, MAX_FEATURES);
  return html`<table>
      <thead>
        <tr>
          <th scope="col">feature</th>
          <th scope="col">value</th>
        </tr>
      </thead>
      <tbody>
        ${range(count).map(
          (i) => html`<tr>
            <th scope="row">${i}</th>
            <td>${short(valueAt(plane, i))}</td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${plane.width > count ? html`<p>The first ${count} of ${plane.width} features.</p>` : nothing}`;
}

function gridTable(plane: Plane) {
  const [width, height] = [Math.min(plane.width, MAX_SIDE), Math.min(plane.height, MAX_SIDE)];
  const isCut = width < plane.width || height < plane.height;
  return html`<table>
      <thead>
        <tr>
          <th scope="col">row</th>
          ${range(width).map((x) => html`<th scope="col">${x}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${range(height).map(
          (y) => html`<tr>
            <th scope="row">${y}</th>
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
