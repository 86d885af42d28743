/** Exchanged windows as numbers: what the colours say, for readers who do not see them. */

import { html, nothing } from "lit";
import { chanceOf, gridOf, whole } from "../../analysis/exchange-facts.ts";
import type { Exchange } from "../../format/exchanged.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { exchangeAt, rowNames } from "./exchange-records.ts";

const MAX_SIDE = 32;
const MAX_ROWS = 256;

/** One table a run, at the playhead. */
export function exchangeTables(dashboard: Dashboard, input: string) {
  return dashboard.scene.shown.map((run) => {
    const { record } = exchangeAt(dashboard, run, input, dashboard.step);
    return record ? tableOf(dashboard, run, input, record) : nothing;
  });
}

function tableOf(dashboard: Dashboard, run: ShownRun, input: string, record: Exchange) {
  const caption = `${run.name}: share that follows, chance ${whole(chanceOf(record))}`;
  const grid = gridOf(record, dashboard.view.given);
  const value = (i: number): string => whole(grid.values[i] ?? Number.NaN);
  const [height = 1, width = 1] = grid.shape;
  if (grid.shape.length === 2) {
    const columns = range(Math.min(width, MAX_SIDE));
    return html`<table>
      <caption>${caption}</caption>
      <thead>
        <tr>
          <th scope="col">row</th>
          ${columns.map((x) => html`<th scope="col">${x * (record.cell[1] ?? 1)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${range(Math.min(height, MAX_SIDE)).map(
          (y) => html`<tr>
            <th scope="row">${y * (record.cell[0] ?? 1)}</th>
            ${columns.map((x) => html`<td>${value(y * width + x)}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
  const { unit, names } = rowNames(dashboard, run, input);
  return html`<table>
    <caption>${caption}</caption>
    <tbody>
      ${range(Math.min(height, MAX_ROWS)).map(
        (i) => html`<tr>
          <th scope="row">${names[i] || `${unit} ${i * (record.cell[0] ?? 1)}`}</th>
          <td>${value(i)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
