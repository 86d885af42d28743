/** How much evidence lies in regions that were asked for, and where these are. */

import type { Masks, Regions } from "../format/regional.ts";
import { meanShare } from "./mean-interval.ts";
import { memoBy } from "./memo.ts";
import { percent } from "./numbers.ts";

export const MEASURES = ["mass", "pointing"] as const;
export type Measure = (typeof MEASURES)[number];

export interface RegionNumber {
  readonly name: string;
  readonly avoid: boolean;
  readonly mass: number;
  readonly pointing: number;
  readonly area: number;
}

/** Of one sample’s map. */
export function regionsOf(record: Regions | undefined, sample: number): RegionNumber[] {
  if (!record) return [];
  const row = record.numbers ? record.numbers.indexOf(sample) : sample;
  const width = record.names.length;
  if (row < 0 || (row + 1) * width > record.mass.length) return [];
  const of = (values: Float64Array, i: number): number => values[row * width + i] ?? Number.NaN;
  return record.names.map((name, i) => ({
    ...{ name, avoid: record.avoid[i] ?? false },
    mass: of(record.mass, i),
    pointing: of(record.pointing, i),
    area: of(record.area, i),
  }));
}

/** What it is called, and what it says in words. */
export function regionFact(one: RegionNumber): readonly [string, string] {
  const { name, avoid, mass, pointing, area } = one;
  const called = `evidence in ${name}${avoid ? ", to be avoided" : ""}`;
  if (Number.isNaN(mass)) return [called, "not defined: the map has none for its target"];
  const where =
    pointing === 1
      ? "inside"
      : pointing === 0
        ? "outside"
        : `inside by ${percent(pointing)}, of several`;
  return [
    called,
    `${percent(mass)} (chance, its area: ${percent(area)}). Strongest position: ${where}.`,
  ];
}

/** The mean over some samples at one epoch, with Student’s interval. */
export interface RegionPoint {
  readonly step: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Means of one region over epochs; of `samples` by the page’s numbers. */
export function regionPoints(
  records: readonly (readonly [step: number, record: Regions])[],
  region: string,
  measure: Measure,
  samples: readonly number[],
): RegionPoint[] {
  return records.flatMap(([step, record]) => {
    const own = samples.flatMap((sample) => {
      const found = regionsOf(record, sample).find(({ name }) => name === region);
      return found && Number.isFinite(found[measure]) ? [found[measure]] : [];
    });
    return own.length > 0 ? [{ step, ...meanShare(own) }] : [];
  });
}

/** An outline in shares of the sides: lines [x0, y0, x1, y1] one after the other. */
export interface Outline {
  readonly lines: Float32Array;
  readonly avoid: boolean;
}

/** The outlines of all regions in a picture, or in the slice of a volume at this share of its depth. */
export function outlinesOf(masks: Masks, sample: number, depth = 0.5): readonly Outline[] {
  const { shape, numbers } = masks;
  const [, samples = 0, ...sides] = shape;
  const row = samples === 1 ? 0 : numbers ? numbers.indexOf(sample) : sample;
  if (row < 0 || row >= samples || sides.length < 2) return [];
  const slices = sides.length === 3 ? (sides[0] ?? 1) : 1;
  const slice = Math.min(slices - 1, Math.floor(depth * slices));
  return outlinesAt(masks, row * slices + slice);
}

const outlinesAt = memoBy(({ shape, bits, names, avoid }: Masks, plane: number): Outline[] => {
  const [width = 0, height = 0] = [shape.at(-1), shape.at(-2)];
  const perRegion = shape.slice(1).reduce((product, side) => product * side, 1);
  return names.map((_, region) => {
    const start = region * perRegion + plane * width * height;
    const isIn = (x: number, y: number): boolean => {
      if (x < 0 || y < 0 || x >= width || y >= height) return false;
      const at = start + y * width + x;
      return (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
    };
    return { lines: edgesOf(width, height, isIn), avoid: avoid[region] ?? false };
  });
});

/** Edges between inside and outside, those in one line joined. */
function edgesOf(
  width: number,
  height: number,
  isIn: (x: number, y: number) => boolean,
): Float32Array {
  const lines: number[] = [];
  const along = (
    count: number,
    length: number,
    differs: (i: number, j: number) => boolean,
    line: (i: number, from: number, to: number) => number[],
  ): void => {
    for (let i = 0; i <= count; i++) {
      let from = -1;
      for (let j = 0; j <= length; j++) {
        const isEdge = j < length && differs(i, j);
        if (isEdge && from < 0) from = j;
        if (!isEdge && from >= 0) {
          lines.push(...line(i, from, j));
          from = -1;
        }
      }
    }
  };
  along(
    height,
    width,
    (y, x) => isIn(x, y) !== isIn(x, y - 1),
    (y, from, to) => [from / width, y / height, to / width, y / height],
  );
  along(
    width,
    height,
    (x, y) => isIn(x, y) !== isIn(x - 1, y),
    (x, from, to) => [x / width, from / height, x / width, to / height],
  );
  return Float32Array.from(lines);
}
