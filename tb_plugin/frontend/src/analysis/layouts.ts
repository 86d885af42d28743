/** How the values of a group lie: what chooses how they are drawn. */

import type { Content, Input } from "../data/listing.ts";
import type { Layout, RecordKind } from "../tables.ts";

/**
 * Of logs that do not say it, told by the shape of one map. Heads and channels are planes; what is
 * spread over words is of words.
 */
export function layoutOf(kind: RecordKind, { layout, shape, wordOffsets }: Content): Layout {
  if (kind === "map" && wordOffsets.length > 0) return "tokens";
  if (layout) return layout;
  if (kind !== "map") return "plane";
  return shape.length === 1 ? "features" : shape.length === 3 ? "volume" : "plane";
}

/** Layouts with one number a position, in one row. */
export function isRow(layout: Layout): boolean {
  return layout === "tokens" || layout === "features" || layout === "line";
}

/** What one position of a row is called. */
export function unitOf(layout: Layout | undefined): string {
  return layout === "tokens" ? "word" : layout === "features" ? "column" : "position";
}

/** `slice` of a volume of `depth` slices, in one of `own`: the one in the same part of it. */
export function sliceIn(own: number, slice: number, depth: number): number {
  if (own <= 1 || depth < 1) return 0;
  return Math.min(own - 1, Math.max(0, Math.floor(((slice + 0.5) / depth) * own)));
}

/** Where a slice lies in the sheet of all slices of a volume `[d, h, w, c]`. */
export function sliceRect(shape: Input["shape"], slice: number) {
  const [depth = 1, height = 1, width = 1] = shape;
  const columns = Math.ceil(Math.sqrt(depth));
  const [x, y] = [(slice % columns) * width, Math.floor(slice / columns) * height];
  return { x, y, width, height };
}
