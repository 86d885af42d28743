/** Precision, recall and F1 of each class with their intervals, runs below each other. */

import { html, nothing } from "lit";
import { classesOf } from "../../analysis/confusion.ts";
import { type Evaluation, RATES, type Rates } from "../../analysis/evaluation.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { rateBar } from "./rate-cell.ts";

const LABELS = { iou: "IoU", precision: "Precision", recall: "Recall", f1: "F1" } as const;
const MEANINGS = {
  iou: "Intersection over union: of the pixels labelled or predicted as the class, the share that are both",
  precision: "Of the rows predicted as the class, the share that are of it",
  recall: "Of the rows of the class, the share that are predicted as it",
  f1: "Harmonic mean of precision and recall; of pixels also called Dice",
} as const;
const AVERAGES: Readonly<Record<string, string>> = {
  micro: "Over all rows at once",
  macro: "Mean over classes, each counted alike",
  weighted: "Mean over classes, each counted by its rows",
};

/** `choose` opens the curves of a class, where there are any. */
export function classTable(
  runs: readonly EvaluatedRun[],
  choose: ((index: number) => void) | undefined,
) {
  const all = runs.flatMap(({ evaluation }) => evaluation ?? []);
  const [first] = all;
  if (!first) return nothing;
  const shown = RATES.filter((name) => all.some(({ classes }) => classes[0]?.rates[name]));
  const cells = (ratesOf: (evaluation: Evaluation) => Rates | undefined) =>
    shown.map(
      (name) => html`<td data-rate=${name}>
        ${runs.map(({ run, evaluation }) =>
          rateBar(evaluation && ratesOf(evaluation)?.[name], run.colour),
        )}
      </td>`,
    );
  return html`<table class=${shown.length > 3 ? "classes many" : "classes"}>
    <thead>
      <tr>
        <th scope="col">Class</th>
        <th scope="col" class="number">Rows</th>
        ${shown.map((name) => html`<th scope="col" title=${first.arePixels ? MEANINGS[name].replaceAll("rows", "pixels") : MEANINGS[name]}>${LABELS[name]}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${classesOf(all).map(
        ({ index, name, rows }) => html`<tr>
          <th scope="row">
            ${
              choose
                ? html`<button class="link" title="Its curves" @click=${() => choose(index)}>
                    ${name}
                  </button>`
                : name
            }
          </th>
          <td class="number">${rows}</td>
          ${cells(({ classes }) => classes.find((one) => one.index === index)?.rates)}
        </tr>`,
      )}
    </tbody>
    <tbody class="averages">
      ${first.averages.map(
        ([how]) => html`<tr>
          <th scope="row" title=${AVERAGES[how] ?? ""}>${how}</th>
          <td></td>
          ${cells(({ averages }) => averages.find(([name]) => name === how)?.[1])}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
