/** How outputs follow single features: a small figure for each, on one scale. */

import { html, nothing } from "lit";
import {
  curveOf,
  FEW_ROWS,
  type FeatureCurve,
  outputOf,
  sparseParts,
} from "../../analysis/dependence.ts";
import { valueText } from "../../analysis/estimates.ts";
import type { OfClass } from "../../analysis/importance.ts";
import { plural, short } from "../../analysis/numbers.ts";
import { type Axis, type Plot, type Point, roundTicks } from "../../draw/plot.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { DependentRun } from "./importance-runs.ts";
import "./plot-figure.ts";

interface Drawn {
  readonly run: ShownRun;
  readonly curve: FeatureCurve;
}

const LEAST = 230;
const HEIGHT = 190;
/** Of the figure's height, what shows where the rows are. */
const RUG = 0.13;

export function dependenceFigures(
  dashboard: Dashboard,
  runs: readonly DependentRun[],
  ofClass: OfClass,
  room: number,
) {
  const [first] = runs;
  if (!first) return nothing;
  const curves = runs.flatMap(({ run, record }) => {
    const output = outputOf(record, ofClass);
    return record.names.map((_, i): Drawn => ({ run, curve: curveOf(record, i, output) }));
  });
  const names = [...new Set(curves.map(({ curve }) => curve.name))];
  const what = outputText(first, ofClass);
  const y = outputAxis(curves, first.record.unit, what);
  const most = Math.max(1, Math.floor(room / (LEAST + 16)));
  // As many in each line.
  const columns = Math.ceil(names.length / Math.ceil(names.length / most));
  const size = { width: Math.min(360, Math.floor(room / columns) - 16), height: HEIGHT };
  return html`<section>
    <h2>What happens if a feature changes</h2>
    <p class="muted">
      Bold: mean ${what} over ${plural(first.record.averaged, "row")} if all had this value; thin:
      single rows; bars: where rows are; grey: fewer than ${FEW_ROWS} rows near, little is known
    </p>
    <div class="figures">
      ${names.map((name) => {
        const own = curves.filter(({ curve }) => curve.name === name);
        return html`<tfx-plot
          .dashboard=${dashboard}
          .label="${what} by ${name}"
          .size=${size}
          .axes=${{ x: valueAxis(own, name), y }}
          .draw=${(plot: Plot) => drawCurves(plot, own, y)}
          .tell=${(plot: Plot, x: number, down: number) => tellNearest(plot, own, what, x, down)}
        ></tfx-plot>`;
      })}
    </div>
  </section>`;
}

/** `probability of benign`. */
function outputText({ record, classText }: DependentRun, ofClass: OfClass): string {
  const { outputs, unit } = record;
  if (unit === "output" && outputs.length === 1) return "output";
  return `${unit} of ${classText(outputs[outputOf(record, ofClass)] ?? 0)}`;
}

function outputAxis(curves: readonly Drawn[], unit: string, label: string): Axis {
  const all = curves.flatMap(({ curve: { mean, single } }) => [
    ...mean.flatMap(({ value, low, high }) => [value, low, high]),
    ...single.flat(),
  ]);
  const known = all.filter(Number.isFinite);
  const isShare = unit === "probability";
  const least = isShare ? 0 : Math.min(...known);
  const most = isShare ? 1 : Math.max(...known);
  const range = most - least || 1;
  const ticks = isShare ? [0, 0.5, 1] : roundTicks(least, most);
  // Below the curves lies where the rows are.
  return { low: least - RUG * range, high: most, label, ticks, tell: plainText };
}

function valueAxis(own: readonly Drawn[], label: string): Axis {
  const all = own.flatMap(({ curve }) => curve.values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const isCategory = own.every(({ curve }) => curve.isCategory);
  const room = isCategory ? 0.12 * (high - low || 1) : 0;
  const few = [...new Set(all)].sort((a, b) => a - b);
  const ticks =
    isCategory && few.length <= 6
      ? few
      : roundTicks(low, high).filter((_, i, ts) => ts.length < 5 || i % 2 === 0);
  return { low: low - room, high: high + room, label, ticks, tell: plainText };
}

function plainText(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

function drawCurves(plot: Plot, own: readonly Drawn[], y: Axis): void {
  const [first] = own;
  if (first && !first.curve.isCategory) {
    for (const [from, to] of sparseParts(first.curve)) {
      plot.band([from, to], [y.low, y.low], [y.high, y.high], plot.palette.muted);
    }
  }
  for (const { run, curve } of own) {
    plot.translucent(curve.single.length > 30 ? 0.14 : 0.22, () => {
      for (const line of curve.single) plot.line(zip(curve.values, line), run.colour, [], 1);
    });
  }
  if (first) drawRows(plot, first.curve, y);
  for (const [i, { run, curve }] of own.entries()) drawMean(plot, curve, run.colour, i);
}

/** Where the rows are, as bars on the lower axis. */
function drawRows(plot: Plot, { values, rows }: FeatureCurve, { low, high }: Axis): void {
  const most = Math.max(...rows, 1);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const half = (last - first || 1) / 60;
  const room = (RUG / (1 + RUG)) * (high - low) * 0.9;
  for (const [i, value] of values.entries()) {
    const height = low + ((rows[i] ?? 0) / most) * room;
    if (!rows[i]) continue;
    plot.translucent(0.6, () => plot.bar(value - half, value + half, height, plot.palette.muted));
  }
}

function drawMean(
  plot: Plot,
  { values, mean, isCategory }: FeatureCurve,
  colour: string,
  place: number,
): void {
  const line = zip(
    values,
    mean.map(({ value }) => value),
  );
  if (!isCategory) {
    plot.band(
      values,
      mean.map(({ low }) => low),
      mean.map(({ high }) => high),
      colour,
    );
    plot.line(line, colour, [], 2.5);
    return;
  }
  // Beside each other, so that both are seen.
  const shift = (place * ((values.at(-1) ?? 1) - (values[0] ?? 0) || 1)) / 30;
  for (const [i, [value, own]] of line.entries()) {
    const { low, high } = mean[i] ?? { low: Number.NaN, high: Number.NaN };
    plot.interval(value + shift, low, high, colour);
    plot.dot([value + shift, own], colour, 4.5);
  }
}

function zip(xs: readonly number[], ys: readonly number[]): Point[] {
  return xs.map((x, i) => [x, ys[i] ?? Number.NaN]);
}

/** What is known at the value nearest to a place. */
function tellNearest(
  plot: Plot,
  own: readonly Drawn[],
  what: string,
  x: number,
  y: number,
): string {
  let [text, least] = ["", Number.POSITIVE_INFINITY];
  for (const { run, curve } of own) {
    for (const [i, value] of curve.values.entries()) {
      const mean = curve.mean[i];
      if (!mean) continue;
      const away = Math.hypot(plot.x(value) - x, 0.3 * (plot.y(mean.value) - y));
      if (away >= least) continue;
      least = away;
      const rows = plural(curve.rows[i] ?? 0, "row");
      text = `${run.name}: ${what} ${valueText(mean)} at ${curve.name} ${short(value)}, ${rows} near`;
    }
  }
  return text;
}
