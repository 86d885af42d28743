/** Where small maps stand on a sheet. */

import { MOST_TILES } from "../analysis/channel-shares.ts";
import type { Rect } from "./canvas.ts";
import { CAPTION } from "./caption.ts";

const GAP = 6;

export interface Sheet {
  readonly columns: number;
  readonly tile: number;
  readonly width: number;
  readonly height: number;
}

/** Few tiles are as large as leaves room for number and share below each. */
const FEW = { tiles: MOST_TILES, rows: 2 } as const;
const ROWS = 3;
const FACTS = 50;

/** Two or three rows of tiles, as high as a map of `size` with its numbers below it. */
export function sheetOf(count: number, size: number): Sheet {
  const rows = count <= FEW.tiles ? FEW.rows : ROWS;
  const tile = Math.floor((size + FACTS - (rows - 1) * GAP) / rows) - CAPTION;
  return layout(Math.max(1, Math.ceil(count / rows)), count, tile);
}

/** Tiles in a square, as large as a map of `size` with its numbers below it has room for. */
export function squareSheet(count: number, size: number): Sheet {
  const columns = Math.ceil(Math.sqrt(Math.max(count, 1)));
  const rows = Math.ceil(count / columns) || 1;
  return layout(columns, count, Math.floor((size + FACTS - (rows - 1) * GAP) / rows) - CAPTION);
}

/** As many columns of `tile` as `width` holds. */
export function sheetWithin(count: number, tile: number, width: number): Sheet {
  return layout(Math.max(1, Math.floor((width + GAP) / (tile + GAP))), count, tile);
}

function layout(columns: number, count: number, tile: number): Sheet {
  const rows = Math.ceil(count / columns) || 1;
  return {
    columns,
    tile,
    width: Math.min(columns, count || 1) * (tile + GAP) - GAP,
    height: rows * (tile + CAPTION + GAP) - GAP,
  };
}

export function tileRect({ columns, tile }: Sheet, index: number): Rect {
  const [x, y] = [index % columns, Math.floor(index / columns)];
  return { x: x * (tile + GAP), y: y * (tile + CAPTION + GAP), width: tile, height: tile };
}

/** Which tile lies under a point, -1 for none. */
export function tileAt(sheet: Sheet, count: number, x: number, y: number): number {
  for (let i = 0; i < count; i++) {
    const rect = tileRect(sheet, i);
    if (x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height) return i;
  }
  return -1;
}
