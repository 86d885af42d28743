/** One validation row: what each run predicts of it, and how it was learned. */

import { html, nothing } from "lit";
import { rateText } from "../../analysis/estimates.ts";
import { classText, type EvaluatedRow, type Evaluation } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { sampleLink } from "./row-list.ts";
import { hasThumbnails, thumbnail } from "./thumbnail.ts";
import { whoText } from "./who.ts";

/** Of the picture, in pixels. */
const SIDE = 96;

/** Of rows with several labels no single one is told. */
const SINGLE = ["label", "predicted"];

type Tell = (row: EvaluatedRow, evaluation: Evaluation) => string;

const FACTS: readonly (readonly [name: string, tell: Tell])[] = [
  ["label", ({ label }, evaluation) => classText(evaluation, label)],
  ["predicted", ({ predicted }, evaluation) => classText(evaluation, predicted)],
  ["probability of the label", ({ chance }) => rateText(chance)],
  ["mean of it over the epochs", ({ confidence }) => rateText(confidence)],
  ["variability of it", ({ variability }) => rateText(variability)],
  ["right in", ({ correctness }) => `${Math.round(100 * correctness)}% of the epochs`],
  [
    "forgotten",
    ({ forgotten, correctness }) =>
      correctness === 0 ? "never learned" : plural(forgotten, "time"),
  ],
  ["region", ({ region }) => region],
];

export function rowFacts(dashboard: Dashboard, runs: readonly EvaluatedRun[], number: number) {
  const found = runs.flatMap(({ run, evaluation }) => {
    const row = evaluation?.rows.find((one) => one.row === number);
    return evaluation && row ? [{ run, evaluation, row }] : [];
  });
  const [first] = found;
  if (!first) return nothing;
  return html`<table class="row-facts" aria-label="Row ${number}">
    <thead>
      <tr>
        <th scope="col">Row ${number} ${sampleLink(dashboard, first.row)}</th>
        ${found.map(({ run }) => html`<th scope="col">${whoText(run)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${
        hasThumbnails(dashboard)
          ? html`<tr>
              <th scope="row">input</th>
              <td colspan=${found.length}>${thumbnail(dashboard, first.row.hash, SIDE)}</td>
            </tr>`
          : nothing
      }
      ${FACTS.filter(([name]) => !(first.evaluation.several && SINGLE.includes(name))).map(
        ([name, tell]) => html`<tr>
          <th scope="row">${name}</th>
          ${found.map(({ row, evaluation }) => html`<td>${tell(row, evaluation)}</td>`)}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
