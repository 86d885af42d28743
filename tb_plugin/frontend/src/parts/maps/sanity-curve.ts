/** A small curve beside the enlarged map: how alike it stays with re-drawn weights. */

import { html, nothing } from "lit";
import { type SanityStep, sanityOf, sanityText, stepText } from "../../analysis/sanity.ts";
import { type Plot, type PlotAxes, type Point, roundTicks } from "../../draw/plot.ts";
import type { Sanity } from "../../format/trusted.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import "../data/plot-figure.ts";

const SIZE = { width: 320, height: 170 } as const;

export function sanityCurve(dashboard: Dashboard, record: Sanity, sample: number, colour: string) {
  const steps = sanityOf(record, sample);
  if (steps.length === 0) return nothing;
  const values = pointsOf(steps, "value");
  return html`<section aria-label="With re-drawn weights">
    <h4>with re-drawn weights, after training</h4>
    <p>${sanityText(steps)}</p>
    <tfx-plot
      .dashboard=${dashboard}
      .label=${"The map’s likeness to its own by how many layers are re-drawn; said above"}
      .size=${SIZE}
      .axes=${axesOf(steps)}
      .draw=${(plot: Plot) => {
        plot.guide(...pointsOf(steps, "chance"));
        plot.line(values, colour);
        for (const point of values) plot.dot(point, colour);
      }}
      .tell=${(plot: Plot, x: number, y: number) => {
        const step = steps[plot.nearest(values, x, y)];
        return step ? stepText(step) : "";
      }}
    ></tfx-plot>
  </section>`;
}

function pointsOf(steps: readonly SanityStep[], what: "value" | "chance"): Point[] {
  return steps.map((step) => [step.count, step[what]]);
}

function axesOf(steps: readonly SanityStep[]): PlotAxes {
  const known = steps.flatMap(({ value, chance }) => [value, chance]).filter(Number.isFinite);
  const low = Math.min(0, Math.floor(2 * Math.min(...known)) / 2);
  const high = steps.at(-1)?.count ?? 1;
  const ticks = low < 0 ? [low, 0, 0.5, 1] : [0, 0.5, 1];
  return {
    x: {
      ...{ low: 0, high, label: "layers re-drawn, from the output on" },
      ticks: roundTicks(0, high).filter(Number.isInteger),
      tell: String,
    },
    y: { low, high: 1, label: "likeness", ticks, tell: String },
  };
}
