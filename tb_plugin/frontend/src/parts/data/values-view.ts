/** Labels that are values: predicted beside true ones, residuals, errors by value, scores. */

import { css, html } from "lit";
import { valueText } from "../../analysis/estimates.ts";
import type { ValueErrors } from "../../analysis/evaluation.ts";
import { short } from "../../analysis/numbers.ts";
import { type Axis, type Plot, type PlotAxes, type Point, roundTicks } from "../../draw/plot.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import "./plot-figure.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

interface Valued {
  readonly run: ShownRun;
  readonly values: ValueErrors;
}

export class ValuesView extends SizedView {
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
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
      }
      h3 {
        padding-left: 50px;
      }
      .tables {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 8px 40px;
        margin-top: 6px;
      }
    `,
  ];

  override render() {
    const all = this.runs.flatMap(({ run, evaluation }): Valued[] =>
      evaluation?.values ? [{ run, values: evaluation.values }] : [],
    );
    const size = this.figure(3, 0, 250);
    const truth = axisOf(
      "true value",
      all.flatMap(({ values }) => values.truth),
    );
    const said = axisOf(
      "predicted value",
      all.flatMap(({ values }) => values.said),
    );
    const residual = axisOf("predicted minus true", [
      0,
      ...all.flatMap(({ values }) => residualsOf(values).map(([, y]) => y)),
    ]);
    const error = axisOf("mean absolute error", [
      0,
      ...all.flatMap(({ values }) => values.error.map(({ high }) => high)),
    ]);
    return html`<div class="figures">
        ${this.plot("Predicted beside true values", { x: truth, y: said }, size, (plot) => {
          const [low, high] = [Math.max(truth.low, said.low), Math.min(truth.high, said.high)];
          plot.guide([low, low], [high, high]);
          for (const { run, values } of all) dots(plot, zip(values.truth, values.said), run.colour);
        })}
        ${this.plot("Residuals", { x: truth, y: residual }, size, (plot) => {
          plot.guide([truth.low, 0], [truth.high, 0]);
          for (const { run, values } of all) dots(plot, residualsOf(values), run.colour);
        })}
        ${this.plot("Error by true value", { x: truth, y: error }, size, (plot) => {
          for (const [i, one] of all.entries()) drawErrors(plot, one, i, all.length);
        })}
      </div>
      <div class="tables">${this.scores(all)} ${this.errors(all)}</div>`;
  }

  private plot(
    title: string,
    axes: PlotAxes,
    size: { readonly width: number; readonly height: number },
    draw: (plot: Plot) => void,
  ) {
    return html`<section>
      <h3>${title}</h3>
      <tfx-plot
        .dashboard=${this.dashboard}
        .label=${title}
        .size=${size}
        .axes=${axes}
        .draw=${draw}
      ></tfx-plot>
    </section>`;
  }

  private scores(all: readonly Valued[]) {
    const names = all[0]?.values.scores.map(([name]) => name) ?? [];
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Score</th>
          ${all.map(({ run }) => html`<th scope="col">${whoText(run)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${names.map(
          (name, i) => html`<tr>
            <th scope="row">${name}</th>
            ${all.map(({ values }) => {
              const score = values.scores[i]?.[1];
              return html`<td data-rate=${name}>${score ? valueText(score) : "–"}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private errors(all: readonly Valued[]) {
    const [first] = all;
    return html`<table>
      <thead>
        <tr>
          <th scope="col">True value</th>
          <th scope="col" class="number">Rows</th>
          ${all.map(({ run }) => html`<th scope="col">Mean absolute error, ${whoText(run)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${first?.values.least.map(
          (least, i) => html`<tr>
            <th scope="row">${short(least)} to ${short(first.values.most[i] ?? Number.NaN)}</th>
            <td class="number">${first.values.rows[i] ?? 0}</td>
            ${all.map(({ values }) => {
              const error = values.error[i];
              return html`<td>${error ? valueText(error) : "–"}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

function residualsOf({ truth, said }: ValueErrors): Point[] {
  return truth.map((value, i) => [value, (said[i] ?? Number.NaN) - value]);
}

function zip(xs: readonly number[], ys: readonly number[]): Point[] {
  return xs.map((x, i) => [x, ys[i] ?? Number.NaN]);
}

function dots(plot: Plot, points: readonly Point[], colour: string): void {
  plot.translucent(0.6, () => {
    for (const point of points) plot.dot(point, colour, 3);
  });
}

/** A step for each part of the range, with its interval in the middle of the run's share of it. */
function drawErrors(plot: Plot, { run, values }: Valued, place: number, count: number): void {
  for (const [i, { value, low, high }] of values.error.entries()) {
    const [from, to] = [values.least[i] ?? 0, values.most[i] ?? 0];
    plot.line(
      [
        [from, value],
        [to, value],
      ],
      run.colour,
      [],
      3,
    );
    plot.interval(from + ((place + 1) / (count + 1)) * (to - from), low, high, run.colour);
  }
}

/** From the least to the most of these values. */
function axisOf(label: string, values: readonly number[]): Axis {
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [from, to] = high > low ? [low, high] : [low - 1, low + 1];
  const room = 0.03 * (to - from);
  const tell = (value: number): string => short(value).replace(/\.0+$/, "");
  return {
    ...{ low: low === 0 ? 0 : from - room, high: to + room, label, tell },
    ticks: roundTicks(from, to),
  };
}

define("tfx-values", ValuesView);
