/** One class against the rest: ROC, precision over recall, gains, and what a threshold does. */

import { css, html, nothing } from "lit";
import { estimateText, pointAtThreshold, rateText } from "../../analysis/estimates.ts";
import { classText, type RankingCurve } from "../../analysis/evaluation.ts";
import { percent } from "../../analysis/numbers.ts";
import { type Plot, type PlotAxes, type Point, shareAxis } from "../../draw/plot.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import "./plot-figure.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

interface Ranked {
  readonly one: EvaluatedRun;
  readonly curve: RankingCurve;
}

interface Figure {
  readonly title: string;
  readonly axes: PlotAxes;
  readonly points: (curve: RankingCurve) => readonly Point[];
  /** Where every curve begins. */
  readonly start: Point | undefined;
  readonly chance: (positive: number) => readonly Point[];
}

const DIAGONAL: readonly Point[] = [
  [0, 0],
  [1, 1],
];
const FIGURES: readonly Figure[] = [
  {
    title: "ROC",
    axes: { x: shareAxis("false positive rate"), y: shareAxis("true positive rate") },
    points: (curve) => zip(curve.falsePositive, curve.truePositive),
    start: [0, 0],
    chance: () => DIAGONAL,
  },
  {
    title: "Precision and recall",
    axes: { x: shareAxis("recall"), y: shareAxis("precision") },
    points: (curve) => zip(curve.truePositive, curve.precision),
    start: undefined,
    chance: (positive) => [
      [0, positive],
      [1, positive],
    ],
  },
  {
    title: "Gains",
    axes: { x: shareAxis("share of rows taken"), y: shareAxis("share of the class found") },
    points: (curve) => zip(curve.taken, curve.truePositive),
    start: [0, 0],
    chance: () => DIAGONAL,
  },
];

export class CurvesView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: block;
        min-height: 0;
        overflow: auto;
        padding: 8px 16px;
      }
      .controls {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 20px;
        margin-bottom: 6px;
      }
      .controls label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      .threshold input {
        width: 180px;
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
      }
      h3 {
        padding-left: 50px;
      }
      table {
        margin-top: 8px;
      }
    `,
  ];

  override render() {
    const { view } = this.dashboard;
    const all = this.runs.flatMap(({ evaluation }) => evaluation ?? []);
    const indices = [...new Set(all.flatMap(({ curves }) => curves.map(({ index }) => index)))];
    const index = indices.find((one) => one === view.ranked) ?? indices[0];
    const [first] = all;
    if (index === undefined || !first) return nothing;
    const ranked = this.runs.flatMap((one): Ranked[] => {
      const curve = one.evaluation?.curves.find((own) => own.index === index);
      return curve ? [{ one, curve }] : [];
    });
    const size = this.figure(FIGURES.length, 0, 100 + 24 * ranked.length);
    return html`<div class="controls">
        <label>
          Class
          <select
            @change=${({ target }: Event) =>
              this.dashboard.update({ ranked: Number((target as HTMLSelectElement).value) })}
          >
            ${indices.map(
              (one) => html`<option value=${one} ?selected=${one === index}>
                ${classText(first, one)}
              </option>`,
            )}
          </select>
          <span class="muted">against all others</span>
        </label>
        <label class="threshold" title="Rows of at least this probability count as the class">
          Threshold
          <input
            type="range"
            aria-label="Threshold"
            min="0"
            max="100"
            .value=${String(view.threshold)}
            @input=${({ target }: Event) =>
              this.dashboard.update({ threshold: Number((target as HTMLInputElement).value) })}
          />
          ${rateText(this.least)}
        </label>
      </div>
      <div class="figures">
        ${FIGURES.map(
          (figure) => html`<section>
            <h3>${figure.title}</h3>
            <tfx-plot
              .dashboard=${this.dashboard}
              .label="${figure.title} of ${classText(first, index)}; the table below has the numbers"
              .size=${size}
              .axes=${figure.axes}
              .draw=${(plot: Plot) => this.drawCurves(plot, figure, ranked)}
              .tell=${(plot: Plot, x: number, y: number) => tellNearest(plot, figure, ranked, x, y)}
            ></tfx-plot>
          </section>`,
        )}
      </div>
      ${this.table(ranked)}`;
  }

  private get least(): number {
    return this.dashboard.view.threshold / 100;
  }

  private drawCurves(plot: Plot, figure: Figure, ranked: readonly Ranked[]): void {
    for (const { curve } of ranked.slice(0, 1)) {
      plot.guide(...figure.chance(curve.positive.value));
    }
    for (const { one, curve } of ranked) {
      const points = figure.points(curve);
      plot.line(figure.start ? [figure.start, ...points] : points, one.run.colour);
    }
    for (const { one, curve } of ranked) {
      const point = figure.points(curve)[pointAtThreshold(curve, this.least)];
      if (!point) continue;
      plot.dot(point, one.run.colour, 5);
      plot.ring(point, plot.palette.text, 5.5);
    }
  }

  private table(ranked: readonly Ranked[]) {
    const least = rateText(this.least);
    return html`<table aria-label="Numbers of the class">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col" title="Probability that a row of the class is ranked above another">AUC</th>
          <th scope="col" title="Precision, averaged over recall">Average precision</th>
          <th scope="col" title="Largest gap between true and false positive rate">KS</th>
          <th scope="col" title="What a random order has for its precision">Rows of the class</th>
          <th scope="col">Precision at ${least}</th>
          <th scope="col">Recall at ${least}</th>
          <th scope="col">Taken at ${least}</th>
        </tr>
      </thead>
      <tbody>
        ${ranked.map(({ one, curve }) => {
          const at = pointAtThreshold(curve, this.least);
          const none = at < 0;
          return html`<tr>
            <th scope="row">${whoText(one.run)}</th>
            <td data-rate="auc">${estimateText(curve.auc, three)}</td>
            <td>${estimateText(curve.averagePrecision, three)}</td>
            <td>${estimateText(curve.ks)} at ${rateText(curve.ksAt)}</td>
            <td>${percent(curve.positive.value)}</td>
            <td>${none ? "no row is taken" : rateText(curve.precision[at] ?? Number.NaN)}</td>
            <td>${rateText(none ? 0 : (curve.truePositive[at] ?? Number.NaN))}</td>
            <td>${percent(none ? 0 : (curve.taken[at] ?? Number.NaN))}</td>
          </tr>`;
        })}
      </tbody>
    </table>`;
  }
}

function three(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : "–";
}

function tellNearest(
  plot: Plot,
  { axes, points }: Figure,
  ranked: readonly Ranked[],
  x: number,
  y: number,
): string {
  for (const { one, curve } of ranked) {
    const own = points(curve);
    const at = plot.nearest(own, x, y);
    const point = own[at];
    if (!point) continue;
    const [across, up] = point.map(rateText);
    const least = rateText(curve.threshold[at] ?? Number.NaN);
    return `${one.run.name}: ${axes.x.label} ${across}, ${axes.y.label} ${up} from ${least} on`;
  }
  return "";
}

function zip(xs: readonly number[], ys: readonly number[]): Point[] {
  return xs.map((x, i) => [x, ys[i] ?? Number.NaN]);
}

define("tfx-curves", CurvesView);
