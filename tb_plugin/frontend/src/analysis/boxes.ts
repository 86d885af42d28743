/** Rectangles on inputs: as texts in links, and how much of a map lies inside of one. */

import { HALF } from "../format/half.ts";
import type { AttributionMap } from "../format/maps.ts";
import { short } from "./numbers.ts";

/** First position and size along each axis of an input, in its positions: rows, then columns. */
export type Box = readonly (readonly [first: number, size: number])[];

/** Decimals that a link keeps. */
const DIGITS = 3;

/** `2x4x0x1`: rows 2 to 5 of column 0. */
export function boxName(box: Box): string {
  return box
    .flat()
    .map((value) => String(Number(value.toFixed(DIGITS))))
    .join("x");
}

export function readBox(text: string): Box | undefined {
  const numbers = text
    .split("x")
    .map((part) => (/^\d{1,6}(\.\d+)?$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length !== 2 && numbers.length !== 4) return undefined;
  const box = [numbers.slice(0, 2), numbers.slice(2)].filter((axis) => axis.length > 0);
  const fits = box.every(([first = -1, size = 0]) => first >= 0 && size > 0);
  return fits ? box.map(([first = 0, size = 0]) => [first, size] as const) : undefined;
}

/** What the positions of an input are. */
export interface BoxAxes {
  readonly sides: readonly number[];
  /** What one position along each axis is called. */
  readonly units: readonly string[];
  /** Of a table's columns, where they have any. */
  readonly names: readonly string[];
  /** Whether positions have no order: a box is one column then. */
  readonly isTable: boolean;
}

/** `rows 2 to 5, column 0`, `column “age”`, or numbers where edges lie between positions. */
export function boxText(box: Box, { units, names }: Pick<BoxAxes, "units" | "names">): string {
  const [[first = 0, size = 0] = []] = box;
  const name = box.length === 1 && size === 1 ? names[first] : undefined;
  if (name) return `${units[0]} “${name}”`;
  return box.map(([begin, count], axis) => rangeText(units[axis] ?? "", begin, count)).join(", ");
}

function rangeText(name: string, first: number, size: number): string {
  const isWhole = Number.isInteger(first) && Number.isInteger(size);
  if (!isWhole) return `${name}s ${short(first)} to ${short(first + size)}`;
  return size === 1 ? `${name} ${first}` : `${name}s ${first} to ${first + size - 1}`;
}

/** From and to along each axis, as shares of an input with these sides. */
export type Part = readonly (readonly [from: number, to: number])[];

export function partOfSides(box: Box, sides: readonly number[]): Part {
  return box.map(([first, size], axis) => {
    const side = sides[axis] || 1;
    return [Math.min(first / side, 1), Math.min((first + size) / side, 1)];
  });
}

/** The share of an input that lies inside: what a map without any preference has there. */
export function areaOf(part: Part): number {
  return part.reduce((area, [from, to]) => area * (to - from), 1);
}

/** How much of each of `count` cells lies inside along one axis. */
function coverOf(count: number, [from, to]: readonly [number, number]): Float64Array {
  const [first, last] = [from * count, to * count];
  return Float64Array.from({ length: count }, (_, i) =>
    Math.max(0, Math.min(last, i + 1) - Math.max(first, i)),
  );
}

type Halves = Pick<AttributionMap, "halves" | "height" | "width" | "scale">;

/**
 * The share of a map's sum of magnitudes that lies inside; cells on an edge count by their area. NaN
 * of maps that are zero everywhere; values that are not finite count nothing.
 */
export function shareInside({ halves, height, width, scale }: Halves, part: Part): number {
  if (!(scale > 0)) return Number.NaN;
  const [across = [0, 1] as const, down = [0, 1] as const] = [...part].reverse();
  const [columns, rows] = [coverOf(width, across), coverOf(height, down)];
  let [inside, all] = [0, 0];
  for (let i = 0; i < halves.length; i++) {
    const size = HALF[(halves[i] as number) & 0x7fff] as number;
    if (!(size < Number.POSITIVE_INFINITY)) continue;
    const row = Math.floor(i / width) % height;
    all += size;
    inside += size * (columns[i % width] as number) * (rows[row] as number);
  }
  return all > 0 ? inside / all : Number.NaN;
}

/** The share that lies within an eighth of the sides from a border, in the manner of `shareInside`. */
export function shareAtBorder(map: Halves): number {
  const inner: Part = [
    [BORDER, 1 - BORDER],
    [BORDER, 1 - BORDER],
  ];
  return 1 - shareInside(map, inner);
}

const BORDER = 1 / 8;
