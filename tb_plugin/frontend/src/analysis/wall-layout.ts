/** Where the maps of a wall stand: samples side by side, of each the runs one below the other. */

export interface WallLayout {
  /** Of one map, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly lines: number;
  /** Of all of it. */
  readonly total: number;
}

export const GUTTER = 12;
export const GAP = 6;
/** Below each sample stands its label. */
export const LABEL = 18;
const LINE_GAP = 8;
const LEAST = 28;
const MOST = 208;

/** The largest maps for which all samples have room; where none are large enough, it scrolls. */
export function wallLayout(
  room: { readonly width: number; readonly height: number },
  samples: number,
  runs: number,
  ratio: number,
): WallLayout {
  let best: WallLayout | undefined;
  for (let columns = 1; columns <= Math.max(1, samples); columns++) {
    const lines = Math.max(1, Math.ceil(samples / columns));
    const across = (room.width - GUTTER) / columns - GAP;
    const down = ((room.height / lines - LABEL - LINE_GAP) / runs - 2) * ratio;
    const width = Math.floor(Math.min(across, down, MOST));
    const isBetter = !best || width > best.width || (width === best.width && lines < best.lines);
    if (isBetter) best = layoutOf(width, ratio, columns, lines, runs);
  }
  if (best && best.width >= LEAST) return best;
  const columns = Math.max(1, Math.floor((room.width - GUTTER) / (LEAST + GAP)));
  return layoutOf(LEAST, ratio, columns, Math.max(1, Math.ceil(samples / columns)), runs);
}

function layoutOf(
  width: number,
  ratio: number,
  columns: number,
  lines: number,
  runs: number,
): WallLayout {
  const height = Math.round(width / ratio);
  return { width, height, columns, lines, total: lines * lineHeight(height, runs) };
}

export function lineHeight(height: number, runs: number): number {
  return runs * (height + 2) + LABEL + LINE_GAP;
}

/** Where the map of the `index`th sample and the `run`th run stands. */
export function placeOf(
  { width, height, columns }: WallLayout,
  index: number,
  run: number,
  runs: number,
) {
  const x = GUTTER + (index % columns) * (width + GAP);
  const y = Math.floor(index / columns) * lineHeight(height, runs) + run * (height + 2);
  return { x, y, width, height };
}

/** Which sample and run lie under a point; undefined between them. */
export function cellAt(layout: WallLayout, x: number, y: number, samples: number, runs: number) {
  const column = Math.floor((x - GUTTER) / (layout.width + GAP));
  const line = Math.floor(y / lineHeight(layout.height, runs));
  const run = Math.floor((y - line * lineHeight(layout.height, runs)) / (layout.height + 2));
  const index = line * layout.columns + column;
  const isIn = column >= 0 && column < layout.columns && index >= 0 && index < samples;
  return isIn && run >= 0 && run < runs ? { index, run } : undefined;
}
