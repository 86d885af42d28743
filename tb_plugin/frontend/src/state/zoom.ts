/** Which epochs the timeline spans: all, or those that the viewer zoomed to. */

/** First and last epoch in sight. */
export type Zoom = readonly [number, number];

/** A range narrower than this has no curve in it. */
const LEAST = 2;

/** A part of all epochs, in whole ones or in parts of them; undefined where it is all of them. */
export function zoomTo(all: Zoom, first: number, last: number, unit = 1): Zoom | undefined {
  const [least, most] = all;
  const whole = most - least;
  if (whole <= LEAST * unit) return undefined;
  const width = Math.min(Math.max(rounded(last - first, unit), LEAST * unit), whole);
  const start = Math.min(Math.max(rounded(first, unit), least), most - width);
  return width === whole ? undefined : [tidy(start), tidy(start + width)];
}

function rounded(value: number, unit: number): number {
  return tidy(Math.round(value / unit) * unit);
}

/** As the log has it, and a link: millionths of an epoch. */
function tidy(value: number): number {
  return Number(value.toFixed(6));
}

/** Nearer by a factor, or farther by one below 1, with the epoch `at` where it is. */
export function zoomAt(
  all: Zoom,
  [first, last]: Zoom,
  at: number,
  factor: number,
  unit = 1,
): Zoom | undefined {
  const width = last - first;
  // Whole units: what rounds to the same width would not move at all.
  const units = tidy(width / factor / unit);
  const wanted = unit * (factor > 1 ? Math.floor(units) : Math.ceil(units));
  const start = at - (width > 0 ? (at - first) / width : 0.5) * wanted;
  return zoomTo(all, start, start + wanted, unit);
}

/** As wide, and moved just so far that an epoch is in it. */
export function zoomWith(all: Zoom, [first, last]: Zoom, step: number, unit = 1): Zoom | undefined {
  const by = Math.min(0, step - first) + Math.max(0, step - last);
  return zoomTo(all, first + by, last + by, unit);
}
