/** Labels that are values: predicted beside true ones, residuals, errors by value, scores. */

import { css, html } from "lit";
import { valueText } from "../../analysis/estimates.ts";
import type { ValuedRow } from "../../analysis/evaluation.ts";
import { short } from "../../analysis/numbers.ts";
import { type Axis, type Plot, type PlotAxes, type Point, roundTicks } from "../../draw/plot.ts";
import { define } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { dataStyles } from "./data-styles.ts";
import { errorList, type Valued } from "./error-list.ts";
import { chooseRow } from "./evaluated.ts";
import "./plot-figure.ts";
import { SizedView } from "./sized-view.ts";
import { whoText } from "./who.ts";

/** Of the list of rows, in pixels. */
const SIDE = 460;

/** How rows stand in a figure. */
interface Marked {
  readonly draw: (plot: Plot) => void;
  readonly tell: (plot: Plot, x: number, y: number) => string;
  readonly choose: (plot: Plot, x: number, y: number) => void;
}

export class ValuesView extends SizedView {
  static override styles = [
    base,
    dataStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-content: flex-start;
        gap: 8px 32px;
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
      .errors {
        flex: 1 1 ${SIDE - 40}px;
        min-width: 0;
        overflow-x: auto;
      }
      .errors .rows .thumb-text {
        max-width: 16ch;
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
    // The list stands beside the figures where these keep a size to be read.
    const size = this.figure(3, this.room.width >= 1280 ? SIDE : 0, 250);
    const truth = axisOf(
      "true value",
      all.flatMap(({ values }) => values.each.map(({ truth: own }) => own)),
    );
    const said = axisOf(
      "predicted value",
      all.flatMap(({ values }) => values.each.map(({ said: own }) => own)),
    );
    const residuals = axisOf("predicted minus true", [
      0,
      ...all.flatMap(({ values }) => values.each.map((row) => residual(row)[1])),
    ]);
    const error = axisOf("mean absolute error", [
      0,
      ...all.flatMap(({ values }) => values.error.map(({ high }) => high)),
    ]);
    const marked = (point: (row: ValuedRow) => Point) => ({
      draw: (plot: Plot) => this.drawRows(plot, all, point),
      tell: (plot: Plot, x: number, y: number) => tellRow(nearest(plot, all, point, x, y)),
      choose: (plot: Plot, x: number, y: number) => {
        chooseRow(this.dashboard, nearest(plot, all, point, x, y)?.row);
      },
    });
    const parity = marked(({ truth: x, said: y }) => [x, y]);
    const off = marked(residual);
    return html`<div style="max-width: 100%; width: ${3 * (size.width + 20)}px">
        <div class="figures">
        ${this.plot("Predicted beside true values", { x: truth, y: said }, size, parity, (plot) => {
          const [low, high] = [Math.max(truth.low, said.low), Math.min(truth.high, said.high)];
          plot.guide([low, low], [high, high]);
        })}
        ${this.plot("Residuals", { x: truth, y: residuals }, size, off, (plot) => {
          plot.guide([truth.low, 0], [truth.high, 0]);
        })}
        ${this.plot("Error by true value", { x: truth, y: error }, size, undefined, (plot) => {
          for (const [i, one] of all.entries()) drawErrors(plot, one, i, all.length);
        })}
      </div>
      <div class="tables">
        ${this.scores(all)} ${this.errors(all)}
      </div>
      </div>
      ${errorList(this.dashboard, all)}`;
  }

  private plot(
    title: string,
    axes: PlotAxes,
    size: { readonly width: number; readonly height: number },
    rows: Marked | undefined,
    draw: (plot: Plot) => void,
  ) {
    return html`<section>
      <h3>${title}</h3>
      <tfx-plot
        .dashboard=${this.dashboard}
        .label=${title}
        .size=${size}
        .axes=${axes}
        .draw=${(plot: Plot) => {
          draw(plot);
          rows?.draw(plot);
        }}
        .tell=${rows?.tell}
        .choose=${rows?.choose}
      ></tfx-plot>
    </section>`;
  }

  private drawRows(plot: Plot, all: readonly Valued[], point: (row: ValuedRow) => Point): void {
    for (const { run, values } of all) dots(plot, values.each.map(point), run.colour);
    for (const { values } of all) {
      const row = values.each.find((one) => one.row === this.dashboard.view.row);
      if (row) plot.ring(point(row), plot.palette.accent, 7, 2.5);
    }
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

function residual({ truth, said }: ValuedRow): Point {
  return [truth, said - truth];
}

interface Near {
  readonly row: ValuedRow;
  readonly name: string;
}

/** The row of any run whose dot is nearest. */
function nearest(
  plot: Plot,
  all: readonly Valued[],
  point: (row: ValuedRow) => Point,
  x: number,
  y: number,
): Near | undefined {
  const rows = all.flatMap(({ run: { name }, values }) =>
    values.each.map((row): Near => ({ row, name })),
  );
  return rows[
    plot.nearest(
      rows.map(({ row }) => point(row)),
      x,
      y,
    )
  ];
}

function tellRow(near: Near | undefined): string {
  if (!near) return "";
  const { name, row } = near;
  return `${name}, row ${row.row}: true ${short(row.truth)}, predicted ${short(row.said)}`;
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
