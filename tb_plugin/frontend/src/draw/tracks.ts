/** Numbers over epochs as curves: which go together, and one uPlot for each track. */

import uPlot from "uplot";
import type { Band } from "../analysis/drift-scores.ts";
import { epochText } from "../analysis/epochs.ts";
import { short } from "../analysis/numbers.ts";
import type { Store } from "../data/store.ts";
import type { ShownRun } from "../state/runs.ts";
import type { Scene } from "../state/scene.ts";
import { drawLevel, shade, shadeRange } from "./track-shades.ts";

const RISING = /acc|auc|precision|recall|f1|iou|r2|top_?k|dice|similarity/i;
const FALLING = /loss|error|mse|mae|msle|mape|entropy|divergence|hinge|poisson|logcosh/i;

export interface Curve {
  readonly run: ShownRun;
  /** What the table of values calls it; curves of one name stand in one row. */
  readonly metric: string;
  readonly points: readonly (readonly [number, number])[];
  readonly dash: readonly number[];
  /** Between which values those lie of which a point is the mean: step, low, high. */
  readonly range?: readonly (readonly [step: number, low: number, high: number])[];
}

export interface Track {
  /** By which it is chosen: the metric’s, without `val_`. */
  readonly name: string;
  readonly title: string;
  /** A value as text, in the table and on the axis. */
  readonly tell: (value: number) => string;
  readonly curves: readonly Curve[];
  /** Ranges of values shaded behind the curves. */
  readonly bands?: readonly Band[];
  /** Whether it settles, so that its first values may lie beyond what is seen. */
  readonly settles?: boolean;
  /** A value to compare with, dashed. */
  readonly level?: number;
  /** Whether equal ratios are equally high. */
  readonly isLog?: boolean;
  /** Whether it is drawn only where it is chosen. */
  readonly isExtra?: boolean;
  /** Whether it is twice as high as others. */
  readonly isTall?: boolean;
}

/** How many times the usual height a track has. */
export function lanesOf({ isTall }: Track): number {
  return isTall ? 2 : 1;
}

const MAX_CURVES = 24;

/** A track for each metric that Keras reported, of training and validation: to be judged by first. */
export function tracksOf(scene: Scene, store: Store): Track[] {
  const curves = scene.shown.flatMap((run) => curvesOf(run, store));
  const names = [...new Set(curves.map(({ metric }) => trackOf(metric)))];
  const ranks = new Map(names.map((name, i) => [name, names.length * rankOf(name) + i]));
  names.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  return names.map((name) => ({
    name,
    title: name,
    tell: short,
    curves: curves.filter(({ metric }) => trackOf(metric) === name).slice(0, MAX_CURVES),
    settles: true,
    isLog: name === LEARNING_RATE,
  }));
}

/** The first that rises when the model improves, the loss, and what else Keras reports. */
function rankOf(name: string): number {
  if (name === "loss") return 1;
  if (FALLING.test(name)) return 3;
  return RISING.test(name) ? 0 : 4;
}

const USUAL = 3;
/** No number to judge by; Keras reports it, too, where a callback changes it. */
export const LEARNING_RATE = "learning_rate";

/** The chosen tracks; else the first metrics, of which the loss is one, and what is no metric. */
export function chooseTracks(
  all: readonly Track[],
  metrics: readonly Track[],
  chosen: readonly string[] | undefined,
): readonly Track[] {
  if (chosen) return all.filter(({ name }) => chosen.includes(name));
  const [first, ...others] = metrics;
  const loss = others.filter(({ name }) => name === "loss");
  const rest = others.filter(({ name }) => name !== "loss" && name !== LEARNING_RATE);
  const usual = [...(first ? [first] : []), ...loss, ...rest].slice(0, USUAL);
  const isAmong = (tracks: readonly Track[], name: string): boolean =>
    tracks.some((track) => track.name === name);
  return all.filter(({ name, isExtra }) =>
    isAmong(metrics, name) ? isAmong(usual, name) : !isExtra,
  );
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

export function trackOf(metric: string): string {
  return isValidation(metric) ? metric.slice(VALIDATION.length) : metric;
}

const VALIDATION = "val_";

/** Validation curves are drawn solid: they are the ones to judge by. */
export function isValidation(metric: string): boolean {
  return metric.startsWith(VALIDATION);
}

export interface PlotLook {
  readonly width: number;
  readonly height: number;
  readonly hasAxis: boolean;
  readonly left: number;
  readonly right: number;
  readonly range: readonly [number, number];
  /** Whether the range is a part of all epochs. */
  readonly isZoomed: boolean;
  /** 1, or less where epochs are measured within. */
  readonly unit: number;
  readonly palette: { readonly text: string; readonly line: string };
}

/** What ticks may be apart, within epochs and beyond. */
const PARTS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const EPOCHS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000];

const FONT = "11px Roboto, system-ui, sans-serif";

/** Of a track's name, in pixels. */
const LINE = 12;
/** Below the last track. */
export const X_AXIS = 20;

export class TrackPlot {
  private readonly plot: uPlot;

  constructor(host: HTMLElement, track: Track, look: PlotLook) {
    this.plot = new uPlot(optionsOf(track, look), dataOf(track), host);
    const title = document.createElement("span");
    title.className = `title ${track.settles ? "metric" : track.name}`;
    for (const part of track.title.split(/(?<=_)/)) {
      title.append(part, document.createElement("wbr")); // val_accuracy breaks behind the line
    }
    title.title = track.title;
    const height = look.height - (look.hasAxis ? X_AXIS : 0);
    title.style.setProperty("-webkit-line-clamp", String(Math.floor(height / LINE)));
    this.plot.root.append(title);
  }

  destroy(): void {
    this.plot.destroy();
  }
}

/** Curves on the union of their steps, with gaps where one has no value. */
function dataOf({ curves, isLog = false }: Track): uPlot.AlignedData {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(([step]) => step)))];
  steps.sort((a, b) => a - b);
  const columns = curves.map(({ points }) => {
    const values = new Map(points);
    return steps.map((step) => {
      const value = values.get(step);
      return value === undefined || !isDrawn(value, isLog) ? null : value;
    });
  });
  return [steps, ...columns];
}

/** Zero and less lie nowhere on a logarithmic axis. */
function isDrawn(value: number, isLog: boolean): boolean {
  return Number.isFinite(value) && (value > 0 || !isLog);
}

function optionsOf(track: Track, look: PlotLook): uPlot.Options {
  const [first, last] = look.range;
  const { text, line } = look.palette;
  const { bands = [], level, isLog = false } = track;
  const ends = endsOf(track, look);
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
      y: {
        distr: isLog ? 3 : 1,
        range: () => {
          const [low, high] = [ends[0] ?? null, ends.at(-1) ?? null];
          return isLog ? logRangeOf(low, high) : rangeOf(bands, low, high);
        },
      },
    },
    hooks: {
      drawClear: [
        (plot) => {
          shade(plot, bands, line);
          for (const curve of track.curves) shadeRange(plot, curve);
          if (level !== undefined) drawLevel(plot, level, text);
        },
      ],
    },
    axes: [
      {
        ...axis,
        show: look.hasAxis,
        size: X_AXIS,
        grid: { stroke: line, width: 1 },
        incrs: look.unit < 1 ? [...PARTS, ...EPOCHS] : [...EPOCHS],
        space: look.unit < 1 ? 72 : 48,
        values: (_plot, ticks) => ticks.map((tick) => epochText(Number(tick.toFixed(6)))),
      },
      {
        ...axis,
        size: look.left,
        // The least and the largest value, between which all lie: a low track has room for two.
        splits: () => [...ends],
        // Of logarithmic ones it would keep the powers of ten alone.
        filter: (_plot, splits) => splits,
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

/** The same where equal ratios are equally high. */
export function logRangeOf(low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0.1, 1];
  const margin = low === high ? 2 : (high / low) ** MARGIN;
  return [low / margin, high * margin];
}

/** Behind this share of the epochs, metrics have settled. */
const EARLY = 0.15;
/** What settled is fitted where it is smaller than this share of all. */
const SMALL = 0.5;

/**
 * The least and the largest value in sight; one where they are the same. Where a metric soon becomes
 * far better, these are of what it does from then on: its first values lie beyond them.
 */
export function endsOf(
  {
    curves,
    settles = false,
    level,
    isLog = false,
  }: Pick<Track, "curves" | "settles" | "level" | "isLog">,
  { range: [first, last], isZoomed }: Pick<PlotLook, "range" | "isZoomed">,
): readonly number[] {
  const within = (from: number): number[] => {
    const isIn = ([step]: readonly number[]): boolean =>
      step !== undefined && step >= from && step <= last;
    const values = curves.flatMap(({ points, range = [] }) =>
      [...points, ...range].filter(isIn).flatMap(([, ...own]) => own),
    );
    if (level !== undefined && values.length > 0) values.push(level);
    const finite = values.filter((value) => isDrawn(value, isLog));
    if (finite.length === 0) return [];
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    return low === high ? [low] : [low, high];
  };
  const all = within(first);
  if (isZoomed || !settles) return all;
  const settled = within(first + EARLY * (last - first));
  const width = ([low = 0, high = low]: readonly number[]): number => high - low;
  return settled.length > 1 && width(settled) < SMALL * width(all) ? settled : all;
}

/** What is to be judged by is solid and strong, in the run's colour. */
function strokeOf({ run, metric, points, dash }: Curve): uPlot.Series {
  const isAlone = points.length === 1;
  const look = { label: metric, stroke: run.colour, spanGaps: true, points: { show: isAlone } };
  return dash.length === 0 ? { ...look, width: 2 } : { ...look, width: 1.25, dash: [...dash] };
}
