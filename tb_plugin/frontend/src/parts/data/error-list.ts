/** Rows of values: which are predicted worst, and what is known of the chosen one. */

import { html, nothing } from "lit";
import type { ValuedRow, ValueErrors } from "../../analysis/evaluation.ts";
import { memo } from "../../analysis/memo.ts";
import { short } from "../../analysis/numbers.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { chooseRow } from "./evaluated.ts";
import { type RowColumn, rowTable, sampleLink } from "./row-list.ts";
import { thumbnail } from "./thumbnail.ts";
import { whoText } from "./who.ts";

export interface Valued {
  readonly run: ShownRun;
  readonly values: ValueErrors;
}

/** Of the picture of the chosen row, in pixels. */
const SIDE = 96;

/** Of the first run, the largest errors first; what others predict stands beside. */
export function errorList(dashboard: Dashboard, all: readonly Valued[]) {
  const [first, ...others] = all;
  if (!first) return nothing;
  const elsewhere = others.map(
    ({ run, values }): RowColumn<ValuedRow> => ({
      head: whoText(run),
      title: `What ${run.name} predicts`,
      isNumber: true,
      cell: ({ hash }) => short(rowsOf(values).get(hash)?.said ?? Number.NaN),
    }),
  );
  const columns: readonly RowColumn<ValuedRow>[] = [
    { head: "True", title: "", isNumber: true, cell: ({ truth }) => short(truth) },
    { head: "Predicted", title: "", isNumber: true, cell: ({ said }) => short(said) },
    {
      ...{ head: "Error", title: "Predicted minus true", isNumber: true },
      cell: ({ truth, said }) => short(said - truth),
    },
    ...elsewhere,
  ];
  return html`<section class="errors">
    <h2>Largest errors first${others.length > 0 ? `, in ${first.run.name}` : ""}</h2>
    ${chosenRow(dashboard, first.values)}
    ${rowTable(dashboard, worstOf(first.values), columns, (row) => chooseRow(dashboard, row))}
  </section>`;
}

/** What it is, larger; the list has its numbers. */
function chosenRow(dashboard: Dashboard, { each }: ValueErrors) {
  const row = each.find((one) => one.row === dashboard.view.row);
  if (!row) return nothing;
  return html`<div class="row-facts" role="group" aria-label="Row ${row.row}">
    <p>
      Row ${row.row}: true ${short(row.truth)}, predicted ${short(row.said)}
      ${sampleLink(dashboard, row)}
    </p>
    ${thumbnail(dashboard, row.hash, SIDE)}
  </div>`;
}

const worstOf = memo(({ each }: ValueErrors): readonly ValuedRow[] =>
  [...each].sort((a, b) => Math.abs(b.said - b.truth) - Math.abs(a.said - a.truth)),
);

const rowsOf = memo(
  ({ each }: ValueErrors): ReadonlyMap<string, ValuedRow> =>
    new Map(each.map((row) => [row.hash, row])),
);
