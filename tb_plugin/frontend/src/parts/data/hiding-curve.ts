/** What could be dropped: the score by how many of the least important features are hidden. */

import { html, nothing } from "lit";
import { droppableText, randomText, scoreTeller } from "../../analysis/hiding.ts";
import { featuresText } from "../../analysis/importance.ts";
import { type Axis, type Plot, type PlotSize, type Point, roundTicks } from "../../draw/plot.ts";
import type { Importance } from "../../format/ranked.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { RankedRun } from "./importance-runs.ts";
import "./plot-figure.ts";
import { whoText } from "./who.ts";

export function hidingCurve(dashboard: Dashboard, all: readonly RankedRun[], size: PlotSize) {
  const runs = all.filter(({ record }) => record.hiddenCounts.length > 1);
  const [first] = runs;
  if (!first) return nothing;
  const axes = { x: countAxis(runs), y: scoreAxis(runs) };
  return html`<section>
    <h2>What could be dropped</h2>
    ${runs.map(
      ({ run, record }) => html`<p class="told">
        ${all.length > 1 ? whoText(run) : nothing}
        <b>${droppableText(record)}</b> ${randomText(record)}
      </p>`,
    )}
    <tfx-plot
      .dashboard=${dashboard}
      .label="${first.record.score} by how many ${first.record.feature}s are hidden; said above"
      .size=${size}
      .axes=${axes}
      .draw=${(plot: Plot) => {
        for (const one of runs) drawCurves(plot, one);
      }}
      .tell=${(plot: Plot, x: number, y: number) => tellNearest(plot, runs, x, y)}
    ></tfx-plot>
    <p class="muted">
      solid: the least important first; dashed: in a random order, and where such orders lie
    </p>
  </section>`;
}

function countAxis(runs: readonly RankedRun[]): Axis {
  const high = Math.max(...runs.map(({ record }) => record.hiddenCounts.at(-1) ?? 1));
  return {
    ...{ low: 0, high },
    label: `hidden ${runs[0]?.record.feature ?? ""}s, the least important first`,
    ticks: roundTicks(0, high).filter(Number.isInteger),
    tell: String,
  };
}

function scoreAxis(runs: readonly RankedRun[]): Axis {
  const all = runs.flatMap(({ record }) => [
    ...[...record.hidden, ...record.random, ...record.randomLow, ...record.randomHigh],
  ]);
  const known = all.filter(Number.isFinite);
  const isAccuracy = runs[0]?.record.score === "accuracy";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = 0.06 * (high - low) || 0.1;
  const from = Math.max(0, low - room);
  const to = isAccuracy ? Math.min(1, high + room) : high + room;
  return {
    ...{ low: from, high: to, label: runs[0]?.record.score ?? "" },
    ticks: roundTicks(from, to),
    tell: (value) => (isAccuracy ? `${Math.round(100 * value)}%` : String(value)),
  };
}

function pointsOf({ hiddenCounts }: Importance, scores: Float64Array): Point[] {
  return [...hiddenCounts].map((count, i) => [count, scores[i] ?? Number.NaN]);
}

function drawCurves(plot: Plot, { run, record }: RankedRun): void {
  const { hiddenCounts, hidden, random, randomLow, randomHigh } = record;
  plot.band([...hiddenCounts], [...randomLow], [...randomHigh], run.colour);
  plot.line(pointsOf(record, random), run.colour, [5, 4], 1.5);
  plot.line(pointsOf(record, hidden), run.colour, [], 2.5);
  if (hiddenCounts.length > 40) return;
  for (const point of pointsOf(record, hidden)) plot.dot(point, run.colour, 3);
}

function tellNearest(plot: Plot, runs: readonly RankedRun[], x: number, y: number): string {
  for (const { run, record } of runs) {
    for (const [scores, order] of [
      [record.hidden, "the least important"],
      [record.random, "in a random order"],
    ] as const) {
      const at = plot.nearest(pointsOf(record, scores), x, y);
      if (at < 0) continue;
      const score = scoreTeller(record)(scores[at] ?? Number.NaN);
      const count = featuresText(record, record.hiddenCounts[at] ?? 0);
      return `${run.name}: ${record.score} ${score} with ${count} hidden, ${order}`;
    }
  }
  return "";
}
