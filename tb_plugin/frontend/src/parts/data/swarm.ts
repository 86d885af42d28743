/** A swarm of a run's rows: of each feature a dot a row, at its attribution, in the colour of its value. */

import { html } from "lit";
import { featureText, type OfClass } from "../../analysis/importance.ts";
import { memo } from "../../analysis/memo.ts";
import { short } from "../../analysis/numbers.ts";
import { packed, standingColour, standings } from "../../analysis/swarm.ts";
import { type Axis, type Plot, type PlotSize, roundTicks } from "../../draw/plot.ts";
import type { Importance } from "../../format/ranked.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { RankedRun } from "./importance-runs.ts";
import "./plot-figure.ts";

/** Of a feature, in pixels: few get more, so that their swarms show their shape. */
const ROW = { most: 44, least: 24, all: 420 } as const;
const FOOT = 42;
/** Of names, in pixels. */
const NAMES = { letter: 6.2, most: 170, least: 50 } as const;

interface Dot {
  readonly feature: number;
  readonly row: number;
  readonly value: number;
  readonly attribution: number;
  readonly colour: string;
}

export interface SwarmLook {
  /** Whose rows are drawn. */
  readonly ofClass: OfClass;
  /** How many features have a swarm. */
  readonly most: number;
  readonly x: Axis;
  readonly width: number;
}

/** By feature, in the order of the record's dots. */
const dotsOf = memo(({ dotFeatures, dots, dotValues, rowLabels }: Importance): Dot[][] => {
  const [width, rows] = [dotFeatures.length, rowLabels.length];
  return [...dotFeatures].map((feature, column) => {
    const values = Array.from({ length: rows }, (_, row) => dotValues[row * width + column] ?? NaN);
    const places = standings(values);
    return values.map((value, row) => ({
      ...{ feature, row, value },
      attribution: dots[row * width + column] ?? Number.NaN,
      colour: standingColour(places[row] ?? Number.NaN),
    }));
  });
});

/** The axis that the swarms of these share. */
export function swarmAxis(records: readonly Importance[]): Axis {
  let [low, high] = [0, 0];
  for (const { dots } of records) {
    for (const dot of dots)
      if (Number.isFinite(dot)) [low, high] = [Math.min(low, dot), Math.max(high, dot)];
  }
  const room = 0.02 * (high - low) || 1;
  const unit = records[0]?.unit;
  return {
    ...{ low: low - room, high: high + room },
    label: `attribution${unit ? `, ${unit}` : ""}`,
    ticks: roundTicks(low, high),
    tell: (value) => short(value).replace(/\.0+$/, ""),
  };
}

export function swarmFigure(
  dashboard: Dashboard,
  { run, record, classText }: RankedRun,
  { ofClass, most, x, width }: SwarmLook,
) {
  const features = dotsOf(record).slice(0, most);
  const names = features.map(([dot]) => featureText(record, dot?.feature ?? 0));
  const row = Math.max(ROW.least, Math.min(ROW.most, ROW.all / features.length));
  const size = { width, height: Math.round(row * features.length) + FOOT };
  const longest = Math.max(...names.map((name) => name.length)) * NAMES.letter + 14;
  const y: Axis = {
    ...{ low: 0, high: features.length, label: "" },
    ticks: features.map((_, i) => centre(i, features.length)),
    tell: (value) => names[features.length - 0.5 - value] ?? "",
  };
  const left = Math.min(NAMES.most, Math.max(NAMES.least, longest), width / 3);
  const isShown = ({ row: at }: Dot): boolean =>
    ofClass === undefined || record.rowLabels[at] === ofClass;
  const placed = placer(features, isShown, row, size);
  const tell = ({ feature, row: at, value, attribution }: Dot): string => {
    const label = record.rowLabels[at] ?? Number.NaN;
    const whose = Number.isNaN(label)
      ? ""
      : record.score === "accuracy"
        ? ` of ${classText(label)}`
        : ` with ${short(label)}`;
    return `a row${whose}: ${featureText(record, feature)} ${short(value)}, attribution ${short(attribution)}`;
  };
  return html`<tfx-plot
    .dashboard=${dashboard}
    .label="Attribution of each row by ${record.feature}, ${run.name}"
    .size=${size}
    .axes=${{ x, y, left }}
    .draw=${(plot: Plot) => drawSwarm(plot, placed(plot))}
    .tell=${(plot: Plot, at: number, down: number) => {
      const all = placed(plot);
      const points = all.map(({ dot, y: own }) => [dot.attribution, own] as const);
      const dot = all[plot.nearest(points, at, down)]?.dot;
      return dot ? tell(dot) : "";
    }}
  ></tfx-plot>`;
}

function centre(index: number, count: number): number {
  return count - index - 0.5;
}

interface Placed {
  readonly dot: Dot;
  readonly y: number;
  readonly radius: number;
}

/** Where all dots stand, in the units of the axes; it is computed once. */
function placer(
  features: readonly (readonly Dot[])[],
  isShown: (dot: Dot) => boolean,
  row: number,
  { width }: PlotSize,
): (plot: Plot) => readonly Placed[] {
  let known: readonly Placed[] | undefined;
  return (plot) => {
    known ??= features.flatMap((dots, i) => {
      const shown = dots.filter((dot) => isShown(dot) && Number.isFinite(dot.attribution));
      const radius = shown.length > 150 || width < 400 ? 2.2 : 3;
      const places = shown.map(({ attribution }) => plot.x(attribution));
      const offsets = packed(places, 2 * radius, row / 2 - radius - 1);
      const middle = centre(i, features.length);
      return shown.map((dot, n) => ({ dot, radius, y: middle + (offsets[n] ?? 0) / row }));
    });
    return known;
  };
}

function drawSwarm(plot: Plot, all: readonly Placed[]): void {
  const most = Math.max(0, ...all.map(({ y }) => Math.ceil(y)));
  plot.line(
    [
      [0, 0],
      [0, most],
    ],
    plot.palette.muted,
    [],
    1,
  );
  for (const { dot, y, radius } of all) {
    const at = [dot.attribution, y] as const;
    if (Number.isNaN(dot.value)) plot.ring(at, plot.palette.muted, radius - 0.5, 1);
    else plot.dot(at, dot.colour, radius);
  }
}
