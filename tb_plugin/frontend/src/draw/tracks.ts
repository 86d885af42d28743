/** Numbers over epochs as curves: which go together, and one uPlot for each track. */

import uPlot from "uplot";
import type { Band } from "../analysis/drift-scores.ts";
import { short } from "../analysis/numbers.ts";
import type { Store } from "../data/store.ts";
import type { ShownRun } from "../state/runs.ts";
import type { Scene } from "../state/scene.ts";

/** Which metrics share a track: those that rise when the model improves, those that fall, the rest. */
type TrackName = "accuracy" | "loss" | "other";

const RISING = /acc|auc|precision|recall|f1|iou|r2|top_?k|dice|similarity/i;
const FALLING = /loss|error|mse|mae|msle|mape|entropy|divergence|hinge|poisson|logcosh/i;

export interface Curve {
  readonly run: ShownRun;
  /** What the table of values calls it; curves of one name stand in one row. */
  readonly metric: string;
  readonly points: readonly (readonly [number, number])[];
  readonly dash: readonly number[];
}

export interface Track {
  readonly name: string;
  readonly title: string;
  /** A value as text, in the table and on the axis. */
  readonly tell: (value: number) => string;
  readonly curves: readonly Curve[];
  /** Ranges of values shaded behind the curves. */
  readonly bands?: readonly Band[];
}

const NAMES: readonly TrackName[] = ["accuracy", "loss", "other"];
const MAX_CURVES = 24;

export function tracksOf(scene: Scene, store: Store): Track[] {
  const curves = scene.shown.flatMap((run) => curvesOf(run, store));
  return NAMES.map((name) => ({
    name,
    title: name,
    tell: short,
    curves: curves.filter(({ metric }) => trackOf(metric) === name).slice(0, MAX_CURVES),
  })).filter((track) => track.curves.length > 0);
}

function curvesOf(run: ShownRun, store: Store): Curve[] {
  const points = new Map<string, [number, number][]>();
  for (const { step, record } of store.get(run.id, "metrics")?.points ?? []) {
    if (record?.kind !== "metrics") continue;
    for (const [metric, value] of record.values) {
      const list = points.get(metric) ?? [];
      points.set(metric, list);
      list.push([step, value]);
    }
  }
  return [...points].map(([metric, list]) => ({
    run,
    metric,
    points: list,
    dash: isValidation(metric) ? [] : [5, 4],
  }));
}

export function trackOf(metric: string): TrackName {
  if (FALLING.test(metric)) return "loss";
  return RISING.test(metric) ? "accuracy" : "other";
}

/** Validation curves are drawn solid: they are the ones to judge by. */
function isValidation(metric: string): boolean {
  return metric.startsWith("val_");
}

export interface PlotLook {
  readonly width: number;
  readonly height: number;
  readonly hasAxis: boolean;
  readonly left: number;
  readonly right: number;
  readonly range: readonly [number, number];
  readonly palette: { readonly text: string; readonly line: string };
}

const FONT = "11px Roboto, system-ui, sans-serif";

export class TrackPlot {
  private readonly plot: uPlot;

  constructor(host: HTMLElement, track: Track, look: PlotLook) {
    this.plot = new uPlot(optionsOf(track, look), dataOf(track), host);
    const title = document.createElement("span");
    title.className = `title ${track.name}`;
    title.textContent = track.title;
    this.plot.root.append(title);
  }

  destroy(): void {
    this.plot.destroy();
  }
}

/** Curves on the union of their steps, with gaps where one has no value. */
function dataOf({ curves }: Track): uPlot.AlignedData {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(([step]) => step)))];
  steps.sort((a, b) => a - b);
  const columns = curves.map(({ points }) => {
    const values = new Map(points);
    return steps.map((step) => {
      const value = values.get(step);
      return value === undefined || !Number.isFinite(value) ? null : value;
    });
  });
  return [steps, ...columns];
}

function optionsOf(track: Track, look: PlotLook): uPlot.Options {
  const [first, last] = look.range;
  const { text, line } = look.palette;
  const { bands = [] } = track;
  const axis = { stroke: text, font: FONT, ticks: { show: false }, gap: 4 };
  return {
    width: look.width,
    height: look.height,
    padding: [8, look.right, look.hasAxis ? 0 : 4, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: [first, last] },
      y: { range: (_plot, low, high) => rangeOf(bands, low, high) },
    },
    hooks: { drawClear: [(plot) => shade(plot, bands, line)] },
    axes: [
      {
        ...axis,
        show: look.hasAxis,
        size: 20,
        grid: { stroke: line, width: 1 },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000],
        space: 48,
      },
      {
        ...axis,
        size: look.left,
        // The least and the largest value, between which all lie: a low track has room for two.
        splits: () => endsOf(track),
        grid: { stroke: line, width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => track.tell(tick)),
      },
    ],
    series: [{}, ...track.curves.map(strokeOf)],
  };
}

/** Above and below the curves, as a share of their range. */
const MARGIN = 0.1;

/**
 * The range of the curves and of what is shaded behind them, and no more: what an accuracy does
 * between 0.9 and 1 is to be seen. One there must be, even of NaN alone: an axis without one takes no
 * room, and epochs would not lie below those of the other tracks. What stays 0 or 1, as shares and
 * similarities do, is seen in 0 to 1, and whatever else stays the same in the middle.
 */
export function rangeOf(
  bands: readonly Band[],
  low: number | null,
  high: number | null,
): uPlot.Range.MinMax {
  const lows = [...bands.map((band) => band.low), low ?? Number.POSITIVE_INFINITY];
  const highs = [...bands.map((band) => band.high), high ?? Number.NEGATIVE_INFINITY];
  const [least, most] = [Math.min(...lows), Math.max(...highs)];
  if (least > most || (least === most && (least === 0 || least === 1))) return [0, 1.1];
  const margin = least === most ? Math.abs(least) / 2 : MARGIN * (most - least);
  return [least - margin, most + margin];
}

/** The least and the largest value of a track's curves; one where they are the same. */
function endsOf({ curves }: Track): number[] {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low === high ? [low] : [low, high];
}

function shade(plot: uPlot, bands: readonly Band[], colour: string): void {
  const { left, width } = plot.bbox;
  plot.ctx.fillStyle = colour;
  for (const { low, high } of bands) {
    const [top, bottom] = [plot.valToPos(high, "y", true), plot.valToPos(low, "y", true)];
    plot.ctx.fillRect(left, top, width, bottom - top);
  }
}

/** What is to be judged by is solid and strong, in the run's colour. */
function strokeOf({ run, metric, points, dash }: Curve): uPlot.Series {
  const isAlone = points.length === 1;
  const look = { label: metric, stroke: run.colour, spanGaps: true, points: { show: isAlone } };
  return dash.length === 0 ? { ...look, width: 2 } : { ...look, width: 1.25, dash: [...dash] };
}
