/** Whether probabilities can be believed: accuracy by confidence, and how many rows there are. */

import { css, html } from "lit";
import { estimateText, rateText } from "../../analysis/estimates.ts";
import type { Bins } from "../../analysis/evaluation.ts";
import { plural } from "../../analysis/numbers.ts";
import { type Plot, type Point, roundTicks, shareAxis } from "../../draw/plot.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import "./plot-figure.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

interface Calibrated {
  readonly run: ShownRun;
  readonly bins: Bins;
}

/** Of the bars below, in pixels. */
const BARS = 120;
const AXES = { x: shareAxis("confidence"), y: shareAxis("accuracy") };

export class CalibrationView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 8px 32px;
        min-height: 0;
        overflow: auto;
        padding: 8px 16px;
      }
      .tables {
        flex: 1 1 320px;
        min-width: 0;
      }
      p {
        max-width: 60ch;
        margin: 10px 0;
      }
      table + table {
        margin-top: 12px;
      }
    `,
  ];

  override render() {
    const all = this.runs.flatMap(({ run, evaluation }): Calibrated[] =>
      evaluation?.calibration ? [{ run, bins: evaluation.calibration }] : [],
    );
    const size = this.figure(1, 380, BARS + 24);
    const most = Math.max(1, ...all.flatMap(({ bins }) => bins.rows));
    const counts = {
      x: AXES.x,
      y: { ...shareAxis("rows"), high: most, ticks: roundTicks(0, most).slice(0, 4), tell: String },
    };
    return html`<div>
        <tfx-plot
          .dashboard=${this.dashboard}
          .label=${"Accuracy by confidence; the tables have the numbers"}
          .size=${size}
          .axes=${AXES}
          .draw=${(plot: Plot) => drawReliability(plot, all)}
          .tell=${(plot: Plot, x: number, y: number) => tellBin(plot, all, x, y)}
        ></tfx-plot>
        <tfx-plot
          .dashboard=${this.dashboard}
          .label=${"Rows by confidence"}
          .size=${{ width: size.width, height: BARS }}
          .axes=${counts}
          .draw=${(plot: Plot) => drawCounts(plot, all)}
        ></tfx-plot>
      </div>
      <div class="tables">
        ${this.errors(all)}
        <p class="muted">
          On the dashed line a prediction of 80% is right in 80% of the cases; below it the model is
          too sure. Lines are intervals of 95%: where a bin holds few rows they are long.
        </p>
        ${this.binTable(all)}
      </div>`;
  }

  private errors(all: readonly Calibrated[]) {
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col" title="Mean gap between confidence and accuracy">Calibration error (ECE)</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          ({ run, bins }) => html`<tr>
            <th scope="row">${whoText(run)}</th>
            <td data-rate="ece">${estimateText(bins.error, (value) => value.toFixed(3))}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private binTable(all: readonly Calibrated[]) {
    const edges = all[0]?.bins.edges ?? [];
    const places = edges
      .slice(1)
      .map((_, i) => i)
      .filter((i) => all.some(({ bins }) => bins.rows[i]));
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Confidence</th>
          ${all.map(
            ({ run }) => html`<th scope="col" class="number">Rows</th>
              <th scope="col">Accuracy, ${whoText(run)}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${places.map(
          (i) => html`<tr>
            <th scope="row">${rateText(edges[i] ?? 0)}–${rateText(edges[i + 1] ?? 1)}</th>
            ${all.map(({ bins }) => {
              const accuracy = bins.accuracy[i];
              return html`<td class="number">${bins.rows[i] ?? 0}</td>
                <td>${accuracy && bins.rows[i] ? estimateText(accuracy) : "–"}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

function pointsOf({ confidence, accuracy }: Bins): Point[] {
  return confidence.map((x, i) => [x, accuracy[i]?.value ?? Number.NaN]);
}

function drawReliability(plot: Plot, all: readonly Calibrated[]): void {
  plot.guide([0, 0], [1, 1]);
  for (const { run, bins } of all) {
    const points = pointsOf(bins);
    plot.line(
      points.filter(([x]) => Number.isFinite(x)),
      run.colour,
    );
    for (const [i, point] of points.entries()) {
      const { low = Number.NaN, high = Number.NaN } = bins.accuracy[i] ?? {};
      if (bins.rows[i]) plot.interval(point[0], low, high, run.colour);
      plot.dot(point, run.colour, 4);
    }
  }
}

function drawCounts(plot: Plot, all: readonly Calibrated[]): void {
  for (const [k, { run, bins }] of all.entries()) {
    for (const [i, count] of bins.rows.entries()) {
      const [from = 0, to = 1] = bins.edges.slice(i);
      const width = (to - from) / all.length;
      if (count > 0) plot.bar(from + k * width, from + (k + 1) * width, count, run.colour);
    }
  }
}

function tellBin(plot: Plot, all: readonly Calibrated[], x: number, y: number): string {
  for (const { run, bins } of all) {
    const at = plot.nearest(pointsOf(bins), x, y);
    const accuracy = bins.accuracy[at];
    if (!accuracy) continue;
    const sure = rateText(bins.confidence[at] ?? Number.NaN);
    return `${run.name}: confidence ${sure}, accuracy ${estimateText(accuracy)}, ${plural(bins.rows[at] ?? 0, "row")}`;
  }
  return "";
}

define("tfx-calibration", CalibrationView);
