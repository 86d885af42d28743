/** Whether the model is as good for every group of rows. */

import { css, html, nothing } from "lit";
import { estimateText, shareText, valueText } from "../../analysis/estimates.ts";
import type { Estimate } from "../../analysis/evaluation.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { rateBar } from "./rate-cell.ts";
import { whoText } from "./who.ts";

export class GroupsView extends Part {
  static override properties = { runs: { attribute: false } };
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: block;
        min-height: 0;
        overflow: auto;
        padding: 10px 16px;
      }
      .range {
        width: 220px;
      }
    `,
  ];
  declare runs: readonly EvaluatedRun[];

  override render() {
    const known = this.runs.flatMap(({ run, evaluation }) =>
      evaluation ? [{ run, evaluation }] : [],
    );
    const [first] = known;
    if (!first) return nothing;
    const isOfValues = first.evaluation.values !== undefined;
    const all = known.flatMap(({ evaluation }) => evaluation.groups.map(({ rate }) => rate.high));
    const most = isOfValues ? Math.max(...all.filter(Number.isFinite), 0) || 1 : 1;
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" class="number">Rows</th>
          ${known.map(
            ({ run }) => html`<th scope="col">
              ${isOfValues ? "Mean absolute error" : "Accuracy"}, ${whoText(run)}
            </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${first.evaluation.groups.map(
          ({ name, rows }) => html`<tr>
            <th scope="row">${name}</th>
            <td class="number">${rows}</td>
            ${known.map(({ run, evaluation }) => {
              const rate = evaluation.groups.find((group) => group.name === name)?.rate;
              return html`<td data-rate="group">
                ${rateBar(rate && scaled(rate, most), run.colour, () => textOf(rate, isOfValues))}
              </td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

function scaled({ value, low, high }: Estimate, most: number): Estimate {
  return { value: value / most, low: low / most, high: high / most };
}

function textOf(rate: Estimate | undefined, isOfValues: boolean): string {
  if (!rate) return estimateText({ value: Number.NaN, low: 0, high: 0 });
  return isOfValues ? valueText(rate) : shareText(rate);
}

define("tfx-groups", GroupsView);
