/** How far the maps of single samples moved: pure questions about one record of drift. */

import type { Drift } from "../format/compressed.ts";
import { BAND_PERCENTILES, MEASURES as KNOWN, LEAST_VALUES } from "../tables.ts";

/** How alike a sample's map is to the reference's; NaN where the two cannot be compared. */
export interface Score {
  readonly sample: number;
  readonly value: number;
  /** The prediction is the reference's. */
  readonly agrees: boolean;
}

/** What the controls show: the range that differences by chance fill. */
export interface Band {
  /** The percentiles of the controls' values that `BAND_PERCENTILES` names. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export type BandSide = "below" | "within" | "above";

interface Measure {
  readonly label: string;
  readonly meaning: string;
  /** The lowest value there can be. */
  readonly least: number;
}

const MEASURES: ReadonlyMap<string, Measure> = new Map(
  KNOWN.map((measure) => [measure.name, measure]),
);

export function measureOf(name: string): Measure {
  return MEASURES.get(name) ?? { label: name, meaning: "Higher is more alike", least: 0 };
}

/** The wanted measure where there is one, else Spearman, else the first. */
export function chooseMeasure(names: readonly string[], wanted: string): string {
  return [wanted, "spearman"].find((name) => names.includes(name)) ?? names[0] ?? wanted;
}

/** All samples by one measure, in their order; every value is NaN where it was not measured. */
export function scoresOf({ values, agrees, measures, numbers }: Drift, measure: string): Score[] {
  const column = measures.indexOf(measure);
  return Array.from(agrees, (agreed, sample) => ({
    sample: numbers?.[sample] ?? sample,
    value: column < 0 ? Number.NaN : (values[sample * measures.length + column] as number),
    agrees: agreed !== 0,
  }));
}

export interface Split {
  readonly agreeing: readonly Score[];
  readonly flipped: readonly Score[];
}

export function splitOf(scores: readonly Score[]): Split {
  return {
    agreeing: scores.filter(({ agrees }) => agrees),
    flipped: scores.filter(({ agrees }) => !agrees),
  };
}

/** The mean of what can be compared, NaN where nothing can. */
export function meanOf(scores: readonly Score[]): number {
  const values = finite(scores);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function finite(scores: readonly Score[]): number[] {
  return scores.map(({ value }) => value).filter(Number.isFinite);
}

/** Least alike first; what cannot be compared is left out, ties stay in their order. */
export function ranked<S extends Score>(scores: readonly S[]): S[] {
  return scores.filter(({ value }) => Number.isFinite(value)).sort((a, b) => a.value - b.value);
}

/** As `numpy.percentile`: linear between the two nearest values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** The band of the controls' values, undefined where they are too few. */
export function bandOf(scores: readonly Score[]): Band | undefined {
  const values = finite(scores);
  if (values.length < LEAST_VALUES) return undefined;
  const [low, high] = BAND_PERCENTILES;
  return { low: percentile(values, low), high: percentile(values, high), count: values.length };
}

export function sideOf(band: Band, value: number): BandSide {
  if (value < band.low) return "below";
  return value > band.high ? "above" : "within";
}

/** The axis that all strips share: fixed for known measures, so that it stands still. */
export function axisOf(measure: string, scores: readonly Score[]): readonly [number, number] {
  const values = finite(scores);
  const { least } = measureOf(measure);
  // SSIM may fall below zero, and a measure unknown here may be anything.
  return [Math.min(least, ...values.map(Math.floor)), Math.max(1, ...values.map(Math.ceil))];
}

/**
 * A lane for each position along a line, so that marks `size` wide do not hide each other: 0, then
 * 1 and -1 beside it and so on; where all are taken, 0 again.
 */
export function lanesOf(positions: readonly number[], size: number, lanes: number): number[] {
  const order = Array.from({ length: lanes }, (_, i) => (i % 2 ? (i + 1) / 2 : -i / 2));
  const ends = new Map<number, number>();
  const chosen = new Array<number>(positions.length).fill(0);
  const indices = positions.map((_, i) => i).sort((a, b) => at(positions, a) - at(positions, b));
  for (const i of indices) {
    const position = at(positions, i);
    const lane = order.find(
      (one) => position - (ends.get(one) ?? Number.NEGATIVE_INFINITY) >= size,
    );
    chosen[i] = (lane ?? 0) + 0;
    ends.set(lane ?? 0, position);
  }
  return chosen;
}

function at(positions: readonly number[], index: number): number {
  return positions[index] as number;
}
