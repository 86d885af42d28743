/** Which epochs the timeline spans: all, or those that the viewer zoomed to. */

/** First and last epoch in sight. */
export type Zoom = readonly [number, number];

/** A range narrower than this has no curve in it. */
const LEAST = 2;

/** A part of all epochs, in whole ones; undefined where it is all of them. */
export function zoomTo(all: Zoom, first: number, last: number): Zoom | undefined {
  const [least, most] = all;
  if (most - least <= LEAST) return undefined;
  const width = Math.min(Math.max(Math.round(last - first), LEAST), most - least);
  const start = Math.min(Math.max(Math.round(first), least), most - width);
  return width === most - least ? undefined : [start, start + width];
}

/** Nearer by a factor, or farther by one below 1, with the epoch `at` where it is. */
export function zoomAt(
  all: Zoom,
  [first, last]: Zoom,
  at: number,
  factor: number,
): Zoom | undefined {
  const width = last - first;
  // Whole epochs: what rounds to the same width would not move at all.
  const wanted = factor > 1 ? Math.floor(width / factor) : Math.ceil(width / factor);
  const start = at - (width > 0 ? (at - first) / width : 0.5) * wanted;
  return zoomTo(all, start, start + wanted);
}

/** As wide, and moved just so far that an epoch is in it. */
export function zoomWith(all: Zoom, [first, last]: Zoom, step: number): Zoom | undefined {
  const by = Math.min(0, step - first) + Math.max(0, step - last);
  return zoomTo(all, first + by, last + by);
}
