/** Validation rows in a table: what was predicted of each, and where its maps are. */

import { html, nothing } from "lit";
import { rateText } from "../../analysis/estimates.ts";
import { classText, type EvaluatedRow, type Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type EvaluatedRun, explainedSample, openSample } from "./evaluated.ts";
import { whoText } from "./who.ts";

const MOST_ROWS = 100;

interface Column {
  readonly head: unknown;
  readonly title: string;
  readonly isNumber?: boolean;
  readonly cell: (row: EvaluatedRow) => unknown;
}

/** `own` is whose rows these are; what other runs predict of them stands beside. */
export function rowList(
  dashboard: Dashboard,
  rows: readonly EvaluatedRow[],
  own: Evaluation,
  others: readonly EvaluatedRun[],
  choose?: (row: EvaluatedRow) => void,
) {
  const shown = rows.slice(0, MOST_ROWS);
  const columns = columnsOf(dashboard, shown, own, others);
  return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col" class="number" title="Number in the validation data">Row</th>
          ${columns.map(
            ({ head, title, isNumber }) => html`<th
              scope="col"
              class=${isNumber ? "number" : ""}
              title=${title}
            >
              ${head}
            </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) => html`<tr class=${dashboard.view.row === row.row ? "chosen" : ""}>
            <th scope="row" class="number">
              ${
                choose
                  ? html`<button class="link" @click=${() => choose(row)}>${row.row}</button>`
                  : row.row
              }
            </th>
            ${columns.map(
              ({ cell, isNumber }) => html`<td class=${isNumber ? "number" : ""}>${cell(row)}</td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
    ${
      rows.length > MOST_ROWS
        ? html`<p class="muted">The first ${MOST_ROWS} of ${plural(rows.length, "row")}.</p>`
        : nothing
    }`;
}

/** Of rows with several labels no single one is told. */
function columnsOf(
  dashboard: Dashboard,
  rows: readonly EvaluatedRow[],
  own: Evaluation,
  others: readonly EvaluatedRun[],
): readonly Column[] {
  const name = (index: number): string => classText(own, index);
  const single: readonly Column[] = [
    { head: "Label", title: "", cell: ({ label }) => name(label) },
    {
      ...{ head: "Predicted", title: "" },
      cell: ({ label, predicted }) =>
        html`<span class=${label === predicted ? "" : "wrong"}>${name(predicted)}</span>`,
    },
  ];
  const chance: Column = {
    ...{ head: "Probability", title: "Of the label, at this epoch", isNumber: true },
    cell: (row) => rateText(row.chance),
  };
  const elsewhere = others.map(
    (other): Column => ({
      head: whoText(other.run),
      title: `What ${other.run.name} predicts`,
      cell: (row) => predictedBy(other, row),
    }),
  );
  const hasMaps = rows.some(({ hash }) => explainedSample(dashboard, hash) !== undefined);
  const maps: Column = { head: "Maps", title: "", cell: (row) => sampleLink(dashboard, row) };
  return [
    ...(own.several ? [chance] : [...single, chance, ...elsewhere]),
    ...(hasMaps ? [maps] : []),
  ];
}

/** Opens a row's maps, where it is among the explained samples. */
export function sampleLink(dashboard: Dashboard, { hash }: Pick<EvaluatedRow, "hash">) {
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
