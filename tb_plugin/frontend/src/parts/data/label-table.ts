/** Labels of which a row may have several: how often each is found, missed, or predicted wrongly. */

import { html } from "lit";
import { classesOf, NONE, rowsIn } from "../../analysis/confusion.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { whoText } from "./who.ts";

interface Outcome {
  readonly text: string;
  readonly title: string;
  readonly cell: (index: number) => readonly [label: number, predicted: number];
}

const OUTCOMES: readonly Outcome[] = [
  { text: "Found", title: "Rows with the label, predicted", cell: (index) => [index, index] },
  { text: "Missed", title: "Rows with the label, not predicted", cell: (index) => [index, NONE] },
  {
    ...{ text: "Added", title: "Rows predicted to have the label, which they have not" },
    cell: (index) => [NONE, index],
  },
];

/** A count opens its rows. */
export function labelTable(dashboard: Dashboard, runs: readonly EvaluatedRun[]) {
  const known = runs.flatMap(({ run, evaluation }) =>
    evaluation?.several ? [{ run, evaluation }] : [],
  );
  const { cell: chosen } = dashboard.view;
  return html`<table class="labels" aria-label="Labels">
    <thead>
      <tr>
        <th scope="col">Label</th>
        ${known.map(({ run }) => html`<th colspan="3" scope="colgroup">${whoText(run)}</th>`)}
      </tr>
      <tr>
        <th></th>
        ${known.map(() =>
          OUTCOMES.map(
            ({ text, title }) => html`<th scope="col" class="number" title=${title}>${text}</th>`,
          ),
        )}
      </tr>
    </thead>
    <tbody>
      ${classesOf(known.map(({ evaluation }) => evaluation)).map(
        ({ index, name }) => html`<tr>
          <th scope="row">${name}</th>
          ${known.map(({ run, evaluation }) =>
            OUTCOMES.map(({ text, cell }) => {
              const [label, predicted] = cell(index);
              const count = rowsIn(evaluation.rows, label, predicted).length;
              const isChosen =
                chosen?.run === run.id && chosen.label === label && chosen.predicted === predicted;
              return html`<td class="number ${isChosen ? "chosen" : ""}">
                ${
                  count > 0
                    ? html`<button
                        class="link"
                        aria-label="${name}, ${text.toLowerCase()} by ${run.name}: ${count}"
                        @click=${() => dashboard.update({ cell: { run: run.id, label, predicted } })}
                      >
                        ${count}
                      </button>`
                    : count
                }
              </td>`;
            }),
          )}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
