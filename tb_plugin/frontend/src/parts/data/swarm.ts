/** A swarm of a run's rows: of each feature a dot a row, at its attribution, in the colour of its value. */

import { html } from "lit";
import { featureText, type OfClass } from "../../analysis/importance.ts";
import { memo } from "../../analysis/memo.ts";
import { short } from "../../analysis/numbers.ts";
import { packed, standingColour, standings } from "../../analysis/swarm.ts";
import { type Axis, type Plot, type PlotSize, roundTicks } from "../../draw/plot.ts";
import type { Importance } from "../../format/ranked.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { explainedSample, openSample } from "./evaluated.ts";
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

/** The axis that the swarms of these share, of the rows of a class. */
export function swarmAxis(records: readonly Importance[], ofClass: OfClass): Axis {
  let [low, high] = [0, 0];
  for (const record of records) {
    for (const { attribution, row } of dotsOf(record).flat()) {
      if (!isOf(record, row, ofClass) || !Number.isFinite(attribution)) continue;
      [low, high] = [Math.min(low, attribution), Math.max(high, attribution)];
    }
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
  const placed = placer(features, ({ row: at }) => isOf(record, at, ofClass), row, size);
  const sampleOf = ({ row: at }: Dot): number | undefined => {
    const hash = record.hashes[at];
    return hash === undefined ? undefined : explainedSample(dashboard, hash);
  };
  const dotAt = (plot: Plot, across: number, down: number): Dot | undefined => {
    const all = placed(plot);
    const points = all.map(({ dot, y: own }) => [dot.attribution, own] as const);
    return all[plot.nearest(points, across, down)]?.dot;
  };
  return html`<tfx-plot
    .dashboard=${dashboard}
    .label="Attribution of each row by ${record.feature}, ${run.name}"
    .size=${size}
    .axes=${{ x, y, left }}
    .draw=${(plot: Plot) => drawSwarm(plot, placed(plot), (dot) => sampleOf(dot) !== undefined)}
    .tell=${(plot: Plot, across: number, down: number) => {
      const dot = dotAt(plot, across, down);
      if (!dot) return "";
      const click = sampleOf(dot) === undefined ? "" : "; click for its maps";
      return tellDot(dot, record, classText) + click;
    }}
    .choose=${(plot: Plot, across: number, down: number) => {
      const dot = dotAt(plot, across, down);
      const sample = dot && sampleOf(dot);
      if (sample !== undefined) openSample(dashboard, sample);
      else if (dot) dashboard.update({ row: record.rowNumbers[dot.row] });
    }}
  ></tfx-plot>`;
}

function isOf({ rowLabels }: Importance, row: number, ofClass: OfClass): boolean {
  return ofClass === undefined || rowLabels[row] === ofClass;
}

/** `row 30, benign: worst area 800, attribution −0.4`. */
function tellDot(
  { feature, row, value, attribution }: Dot,
  record: Importance,
  classText: (index: number) => string,
): string {
  const label = record.rowLabels[row] ?? Number.NaN;
  const isClass = record.classes.length > 0;
  return [
    `row ${record.rowNumbers[row] ?? row}`,
    ...(Number.isNaN(label) ? [] : [isClass ? classText(label) : `true value ${short(label)}`]),
    `${featureText(record, feature)} ${short(value)}`,
    `attribution ${short(attribution)}`,
  ].join(", ");
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

/** Those that are explained have a ring. */
function drawSwarm(plot: Plot, all: readonly Placed[], isExplained: (dot: Dot) => boolean): void {
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
  for (const { dot, y, radius } of all) {
    if (isExplained(dot)) plot.ring([dot.attribution, y], plot.palette.text, radius + 0.5, 1);
  }
}
