/** Two runs' maps of one sample: whether they may be subtracted, and what comes out. */

import type { Picture } from "../data/pictures.ts";
import { widen } from "../format/half.ts";
import type { AttributionMap } from "../format/records.ts";
import { type InputValues, sameInput } from "./input-values.ts";
import { memo } from "./memo.ts";
import { isSameSample, type Rows } from "./same-samples.ts";
import { largest, pearson, subtract, topOverlap } from "./statistics.ts";

export interface Comparison {
  readonly difference: Float32Array;
  readonly largest: number;
  readonly r: number;
  readonly overlap: number;
}

/** `a - b` and how alike they are; computed once for each two records. */
export function compare(a: AttributionMap, b: AttributionMap): Comparison {
  return comparisonsOf(a)(b);
}

/** `a` of its scale minus `b` of its own: of models whose maps lie in other ranges. */
export function relativeDifference(
  [a, scaleA]: readonly [AttributionMap, number],
  [b, scaleB]: readonly [AttributionMap, number],
): Float32Array {
  const share = ({ halves, scale }: AttributionMap, whole: number): Float32Array =>
    widen(halves, whole > 0 ? scale / whole : 0);
  return subtract(share(a, scaleA), share(b, scaleB));
}

/** Pearson's correlation alone, which is soon computed for hundreds of maps. */
export function correlation(a: AttributionMap, b: AttributionMap): number {
  return correlationsOf(a)(b);
}

const correlationsOf = memo((a: AttributionMap) =>
  memo((b: AttributionMap) => pearson(widen(a.halves, a.scale), widen(b.halves, b.scale))),
);

const comparisonsOf = memo((a: AttributionMap) =>
  memo((b: AttributionMap): Comparison => {
    const [x, y] = [widen(a.halves, a.scale), widen(b.halves, b.scale)];
    const difference = subtract(x, y);
    return {
      difference,
      largest: largest(difference),
      r: pearson(x, y),
      overlap: topOverlap(x, y),
    };
  }),
);

export interface Side {
  readonly name: string;
  readonly map: AttributionMap | undefined;
  readonly picture: Picture | undefined;
  readonly input: InputValues | undefined;
  readonly rows: Rows | undefined;
  readonly sample: number;
}

/** Why two maps cannot be subtracted; empty where they can. */
export function obstacle(a: Side, b: Side): string {
  for (const { name, map } of [a, b]) if (!map) return `${name} has no map here`;
  const [shapeA, shapeB] = [shapeOf(a.map), shapeOf(b.map)];
  if (shapeA !== shapeB) return `maps of different shapes: ${shapeA} and ${shapeB}`;
  if (isSameSample(a.rows, b.rows, a.sample) === false) return "the runs explain other samples";
  if (!samePicture(a.picture, b.picture)) return "the input images differ";
  if (!sameInput(a.input, b.input)) return "the inputs differ";
  return "";
}

function shapeOf(map: AttributionMap | undefined): string {
  if (!map) return "";
  const sides = [map.depth, map.height, map.width];
  return sides.slice(map.depth > 1 ? 0 : 1).join("×");
}

/** Whether two pictures are the same file, or there is none on both sides. */
export function samePicture(a: Picture | undefined, b: Picture | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  if (a.bytes.length !== b.bytes.length) return false;
  return a.bytes.every((byte, i) => byte === b.bytes[i]);
}
