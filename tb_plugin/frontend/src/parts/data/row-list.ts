/** Validation rows in a table: what each is, what was predicted of it, and where its maps are. */

import { html, nothing } from "lit";
import { rateText } from "../../analysis/estimates.ts";
import { classText, type EvaluatedRow, type Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type EvaluatedRun, explainedSample, openSample } from "./evaluated.ts";
import { hasThumbnails, thumbnail } from "./thumbnail.ts";
import { whoText } from "./who.ts";

const MOST_ROWS = 100;
/** Of the pictures beside rows, in pixels. */
const SIDE = 28;

/** A row of the validation data: its number there, and what it holds. */
export interface Listed {
  readonly row: number;
  readonly hash: string;
}

export interface RowColumn<R extends Listed> {
  readonly head: unknown;
  readonly title: string;
  readonly isNumber?: boolean;
  readonly cell: (row: R) => unknown;
}

/** Rows with these columns between what they are and where their maps are. */
export function rowTable<R extends Listed>(
  dashboard: Dashboard,
  rows: readonly R[],
  columns: readonly RowColumn<R>[],
  choose?: (row: R) => void,
) {
  const shown = rows.slice(0, MOST_ROWS);
  const hasMaps = shown.some(({ hash }) => explainedSample(dashboard, hash) !== undefined);
  const input: RowColumn<R> = {
    ...{ head: "Input", title: "What the row holds" },
    cell: ({ hash }) => thumbnail(dashboard, hash, SIDE),
  };
  const maps: RowColumn<R> = { head: "Maps", title: "", cell: (row) => sampleLink(dashboard, row) };
  const all = [
    ...(hasThumbnails(dashboard) ? [input] : []),
    ...columns,
    ...(hasMaps ? [maps] : []),
  ];
  return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col" class="number" title="Number in the validation data">Row</th>
          ${all.map(
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
            ${all.map(
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

/**
 * Rows of classes. `own` is whose these are; what other runs predict of them stands beside. Of rows that
 * may have several labels, `label` is the one whose probability is told.
 */
export function rowList(
  dashboard: Dashboard,
  rows: readonly EvaluatedRow[],
  own: Evaluation,
  others: readonly EvaluatedRun[],
  choose?: (row: EvaluatedRow) => void,
  label?: number,
) {
  const columns = own.several ? severalColumns(own, label) : singleColumns(own, others);
  return rowTable(dashboard, rows, columns, choose);
}

function chanceColumn(
  title: string,
  of = ({ chance }: EvaluatedRow): number => chance,
): RowColumn<EvaluatedRow> {
  return { head: "Probability", title, isNumber: true, cell: (row) => rateText(of(row)) };
}

function singleColumns(
  own: Evaluation,
  others: readonly EvaluatedRun[],
): readonly RowColumn<EvaluatedRow>[] {
  const name = (index: number): string => classText(own, index);
  const elsewhere = others.map(
    (other): RowColumn<EvaluatedRow> => ({
      head: whoText(other.run),
      title: `What ${other.run.name} predicts`,
      cell: (row) => predictedBy(other, row),
    }),
  );
  return [
    { head: "Label", title: "", cell: ({ label }) => name(label) },
    {
      ...{ head: "Predicted", title: "" },
      cell: ({ label, predicted }) =>
        html`<span class=${label === predicted ? "" : "wrong"}>${name(predicted)}</span>`,
    },
    chanceColumn("Of the label, at this epoch"),
    ...elsewhere,
  ];
}

/** What is missed stands in red among the labels, what is added among the predicted ones. */
function severalColumns(
  own: Evaluation,
  label: number | undefined,
): readonly RowColumn<EvaluatedRow>[] {
  const names = (of: readonly number[], others: readonly number[]) =>
    of.map(
      (index, i) =>
        html`${i > 0 ? ", " : ""}<span class=${others.includes(index) ? "" : "wrong"}
            >${classText(own, index)}</span
          >`,
    );
  return [
    {
      ...{ head: "Labels", title: "Red: not predicted" },
      cell: ({ labels, said }) => names(labels, said),
    },
    {
      ...{ head: "Predicted", title: "Red: no label of the row" },
      cell: ({ labels, said }) => names(said, labels),
    },
    label === undefined
      ? chanceColumn("Of what is true of each label, the geometric mean, at this epoch")
      : chanceColumn(
          `Of ${classText(own, label)}, at this epoch`,
          ({ chances }) => chances?.get(label) ?? Number.NaN,
        ),
  ];
}

/** Opens a row's maps, where it is among the explained samples. */
export function sampleLink(dashboard: Dashboard, { hash }: Pick<Listed, "hash">) {
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
