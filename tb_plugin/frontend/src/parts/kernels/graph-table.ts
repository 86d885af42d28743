/** The graph of layers in words: a row for each input, call and layer that is never called. */

import { html, nothing } from "lit";
import { countText } from "../../analysis/compression.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Structure } from "../../format/structured.ts";

const MAX_ROWS = 2000;
const NUMBERS = ["parameters", "multiply-adds"] as const;

export function graphTable(structure: Structure, matches: (name: string) => boolean) {
  const { rows, numbers } = structure;
  const shown = rows.flatMap((row, i) => (matches(row.name) ? [i] : []));
  const number = (value: number) => html`<td class="number">${wordOf(value)}</td>`;
  return html`<table>
      <thead>
        <tr>
          ${["layer", "type", "output"].map((name) => html`<th scope="col">${name}</th>`)}
          ${NUMBERS.map((name) => html`<th scope="col" class="number">${name}</th>`)}
          ${["activation", "weights", "reads"].map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${shown.slice(0, MAX_ROWS).map((i) => {
          const row = rows[i];
          if (!row) return nothing;
          return html`<tr>
            <th scope="row">${row.name}</th>
            <td>${row.type}</td>
            <td>${row.kind === "uncalled" ? "never called" : row.shape}</td>
            ${number(numbers[2 * i] ?? 0)} ${number(numbers[2 * i + 1] ?? 0)}
            <td>${row.activation}</td>
            <td>${row.state}</td>
            <td class="reads">${readBy(structure, i).join(", ")}</td>
          </tr>`;
        })}
      </tbody>
    </table>
    ${
      shown.length > MAX_ROWS
        ? html`<p class="muted">The first ${MAX_ROWS} of ${plural(shown.length, "row")}.</p>`
        : nothing
    }`;
}

/** The names of what a node reads. */
function readBy({ rows, edges }: Structure, number: number): string[] {
  const found: string[] = [];
  for (let i = 0; i < edges.length; i += 2) {
    if (edges[i + 1] === number) found.push(rows[edges[i] as number]?.name ?? "");
  }
  return found;
}

/** Nothing where there is nothing to count. */
function wordOf(value: number): string {
  if (Number.isNaN(value)) return "not known";
  return value === 0 ? "" : countText(value);
}
