/** How large an enlarged map, its input and those of other runs are, all of them beside each other. */

import { isRow } from "../../analysis/layouts.ts";
import type { Column } from "../../state/columns.ts";

const SIDES = { least: 200, most: 900 } as const;
/** Header, names, flag, value and film strip: what stands above and below the maps. */
const AROUND = 236;
/** A row of values over epochs is higher than a film strip. */
const HIGHER = 90;
const PADDING = 16;
const GAP = 18;
/** Words, bars and lines are wide: narrower than this they stand below each other. */
const NARROWEST = 420;
const WIDEST = 860;
/** An input beside sheets of tiles is one of the things to look at, not the largest. */
const BESIDE_TILES = 220;

export interface Room {
  /** Of a square map, in pixels. */
  readonly side: number;
  /** How wide what is no square can be. */
  readonly width: number;
  /** Of the input, where it stands beside. */
  readonly input: number;
}

export const LEAST_ROOM: Room = { side: SIDES.least, width: NARROWEST, input: SIDES.least };

/** Whether it is a square: else words, bars, a line, or a sheet of tiles. */
export function isSquare({ kind, layout }: Pick<Column, "kind" | "layout">): boolean {
  return kind === "picture" || (kind === "map" && !isRow(layout));
}

function isWide({ kind, layout }: Pick<Column, "kind" | "layout">): boolean {
  return kind === "map" && isRow(layout);
}

/** Words, bars and lines hold their input, attention has two. */
export function hasInputBeside({ kind, layout }: Pick<Column, "kind" | "layout">): boolean {
  return kind !== "matrix" && !isWide({ kind, layout });
}

/** What a frame of that size has for the maps of `runs` runs, with or without their input. */
export function roomIn(
  frame: { readonly width: number; readonly height: number },
  column: Pick<Column, "kind" | "layout">,
  runs: number,
  hasInput: boolean,
): Room {
  const inner = frame.width - 2 * PADDING;
  const square = isSquare(column);
  const beside = hasInput && !square ? BESIDE_TILES + GAP : 0;
  const columns = Math.max(1, runs + (hasInput && square ? 1 : 0));
  const width = Math.floor((inner - beside - (columns - 1) * GAP) / columns);
  const around = isWide(column) ? AROUND + HIGHER : AROUND;
  const most = Math.min(frame.height - around, square ? width : inner);
  const side = Math.min(Math.max(most, SIDES.least), SIDES.most);
  return {
    side,
    width: Math.min(WIDEST, Math.max(width, Math.min(NARROWEST, inner))),
    input: square ? side : Math.min(side, BESIDE_TILES),
  };
}

/** For which size of maps another run's cell is as large as the opened one. */
export function otherSide(
  { side, width }: Room,
  column: Pick<Column, "kind" | "layout">,
  widthOf: (side: number) => number,
): number {
  if (isSquare(column)) return side;
  let other = side;
  while (other > SIDES.least && widthOf(other) > width) other -= 10;
  return other;
}
