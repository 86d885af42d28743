/** Validation rows in a table: what was predicted of each, and where its maps are. */

import { html, nothing } from "lit";
import { rateText } from "../../analysis/estimates.ts";
import { classText, type EvaluatedRow, type Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type EvaluatedRun, explainedSample, openSample } from "./evaluated.ts";
import { whoText } from "./who.ts";

const MOST_ROWS = 100;

/** `own` is whose rows these are; what other runs predict of them stands beside. */
export function rowList(
  dashboard: Dashboard,
  rows: readonly EvaluatedRow[],
  own: Evaluation,
  others: readonly EvaluatedRun[],
  choose?: (row: number) => void,
) {
  return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col" class="number" title="Number in the validation data">Row</th>
          <th scope="col">Label</th>
          <th scope="col">Predicted</th>
          <th scope="col" class="number" title="Probability of the label at this epoch">
            Probability
          </th>
          ${others.map(
            ({ run }) => html`<th scope="col" title="What ${run.name} predicts">
              ${whoText(run)}
            </th>`,
          )}
          <th scope="col">Maps</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, MOST_ROWS).map((row) => {
          const { chance, label, predicted } = row;
          return html`<tr aria-selected=${dashboard.view.row === row.row}>
            <th scope="row" class="number">
              ${
                choose
                  ? html`<button class="link" @click=${() => choose(row.row)}>${row.row}</button>`
                  : row.row
              }
            </th>
            <td>${classText(own, label)}</td>
            <td class=${label === predicted ? "" : "wrong"}>${classText(own, predicted)}</td>
            <td class="number">${rateText(chance)}</td>
            ${others.map((other) => html`<td>${predictedBy(other, row)}</td>`)}
            <td>${sampleLink(dashboard, row)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
    ${
      rows.length > MOST_ROWS
        ? html`<p class="muted">The first ${MOST_ROWS} of ${plural(rows.length, "row")}.</p>`
        : nothing
    }`;
}

/** Opens a row's maps, where it is among the explained samples. */
export function sampleLink(dashboard: Dashboard, { hash }: EvaluatedRow) {
  const sample = explainedSample(dashboard, hash);
  if (sample === undefined) return nothing;
  return html`<button
    class="link"
    title="Show its maps"
    @click=${() => openSample(dashboard, sample)}
  >
    sample ${sample}
  </button>`;
}

function predictedBy({ evaluation }: EvaluatedRun, { hash }: EvaluatedRow): string {
  const same = evaluation?.rows.find((row) => row.hash === hash);
  return evaluation && same ? classText(evaluation, same.predicted) : "–";
}
