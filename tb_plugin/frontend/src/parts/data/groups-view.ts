/** Whether the model is as good for every group of rows. */

import { css, html, nothing } from "lit";
import { areaOf, boxText, partOfSides } from "../../analysis/boxes.ts";
import { epochText, lastUntil } from "../../analysis/epochs.ts";
import { estimateText, shareText, valueText } from "../../analysis/estimates.ts";
import type { Estimate } from "../../analysis/evaluation.ts";
import { percent, plural } from "../../analysis/numbers.ts";
import { type GroupShare, groupShares } from "../../state/group-shares.ts";
import { inputAxes } from "../../state/input-axes.ts";
import type { ShownRun } from "../../state/runs.ts";
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
      .many .range {
        width: 90px;
      }
      .many th {
        max-width: 240px;
        white-space: normal;
        vertical-align: bottom;
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
    const boxes = this.boxes(known.map(({ run }) => run));
    return html`<table class=${known.length + boxes.length > 2 ? "many" : ""}>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" class="number">Rows</th>
          ${known.map(
            ({ run }) => html`<th scope="col">
              ${isOfValues ? "Mean absolute error" : "Accuracy"}, ${whoText(run)}
            </th>`,
          )}
          ${boxes.map(
            ({ run, where }) => html`<th
              scope="col"
              title="Mean share of the maps that lies inside, of the rows that are explained"
            >
              Evidence in ${where}, ${whoText(run)}
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
            ${boxes.map(({ run, of, area }) => this.share(run, of.get(name), area))}
          </tr>`,
        )}
      </tbody>
    </table>
    ${boxes.length > 0 ? this.remarks() : this.hint()}`;
  }

  /** By box and run, what is known of each group. */
  private boxes(runs: readonly ShownRun[]): readonly BoxColumn[] {
    const { dashboard } = this;
    const { scene, store, view } = dashboard;
    const axes = view.boxes.length > 0 ? inputAxes(scene, store) : undefined;
    if (!axes) return [];
    return view.boxes
      .filter((box) => box.length === axes.sides.length)
      .flatMap((box) => {
        const part = partOfSides(box, axes.sides);
        const [where, area] = [boxText(box, axes), areaOf(part)];
        return runs
          .map((run) => ({ run, where, area, of: groupShares(dashboard, run, part) }))
          .filter(({ of }) => of.size > 0);
      });
  }

  /** At the playhead, or the last epoch with maps before it. */
  private share(run: ShownRun, series: readonly GroupShare[] | undefined, area: number) {
    const known = lastUntil(series ?? [], this.dashboard.step, ({ step }) => step);
    const title = known
      ? `${plural(known.rows, "explained row")}, epoch ${epochText(known.step)}; its area is ${percent(area)}`
      : "none of its rows is explained";
    return html`<td data-rate="evidence" title=${title}>
      ${
        known
          ? rateBar(known, run.colour, () => `${shareText(known)} of ${plural(known.rows, "row")}`)
          : html`<span class="muted">no explained row</span>`
      }
    </td>`;
  }

  private remarks() {
    return html`<p class="muted">
      Evidence: the mean share of a map inside of the box, of the rows that are explained, with
      Student's interval of 95%. Of few rows it is wide; of one there is none.
    </p>`;
  }

  private hint() {
    const { has } = this.dashboard.scene;
    if (!has.maps) return nothing;
    return html`<p class="muted" data-screen>
      Draw a box on an input, in Overview or on an enlarged map, to see how much of the evidence lies
      inside of it by group.
    </p>`;
  }
}

interface BoxColumn {
  readonly run: ShownRun;
  readonly where: string;
  /** The share of the input that lies inside. */
  readonly area: number;
  readonly of: ReadonlyMap<string, readonly GroupShare[]>;
}

function scaled({ value, low, high }: Estimate, most: number): Estimate {
  return { value: value / most, low: low / most, high: high / most };
}

function textOf(rate: Estimate | undefined, isOfValues: boolean): string {
  if (!rate) return estimateText({ value: Number.NaN, low: 0, high: 0 });
  return isOfValues ? valueText(rate) : shareText(rate);
}

define("tfx-groups", GroupsView);
