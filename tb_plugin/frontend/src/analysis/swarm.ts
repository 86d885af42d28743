/** Where the dots of a swarm stand, and what their colours say. */

/** From low over middle to high values: told apart on white, on near-black and by the colour-blind, and no runs' colours. */
const LOW = [142, 79, 196] as const;
const MIDDLE = [143, 143, 152] as const;
const HIGH = [40, 156, 66] as const;

/** Of values that are missing. */
export const NO_VALUE = "transparent";

/**
 * How far each dot stands above or below the line, in the unit of `places`: dots nearer than
 * `space` make room for each other, by turns up and down, and closer together where they would
 * leave `half` on either side. The same places always give the same swarm.
 */
export function packed(places: readonly number[], space: number, half: number): number[] {
  const order = [...places.keys()].sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || a - b);
  const ends: number[] = [];
  const lanes = new Array<number>(places.length).fill(0);
  for (const i of order) {
    const at = places[i] ?? 0;
    const free = ends.findIndex((end) => end + space <= at);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = at;
    lanes[i] = lane;
  }
  const rows = Math.ceil((ends.length - 1) / 2);
  const step = rows > 0 ? Math.min(space, half / rows) : 0;
  return lanes.map((lane) => (lane % 2 ? 1 : -1) * Math.ceil(lane / 2) * step || 0);
}

/** Where each value stands among all, from 0 to 1; equal ones stand together, NaN is no number. */
export function standings(values: readonly number[]): number[] {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (known[0] === known.at(-1)) return values.map((v) => (Number.isNaN(v) ? v : 0.5));
  return values.map((value) => {
    if (Number.isNaN(value)) return value;
    const [below, upTo] = [countUntil(known, value, false), countUntil(known, value, true)];
    return (below + upTo - 1) / 2 / (known.length - 1);
  });
}

/** How many of sorted values are below another, or up to it. */
function countUntil(sorted: readonly number[], value: number, isWith: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const own = sorted[middle] as number;
    if (own < value || (isWith && own === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The colour of a value by where it stands. */
export function standingColour(share: number): string {
  if (Number.isNaN(share)) return NO_VALUE;
  const [from, to, part] = share < 0.5 ? [LOW, MIDDLE, 2 * share] : [MIDDLE, HIGH, 2 * share - 1];
  const mixed = from.map((own, i) => Math.round(own + part * ((to[i] ?? own) - own)));
  return `rgb(${mixed.join(" ")})`;
}

/** All colours of values, left to right. */
export const STANDING_GRADIENT = `linear-gradient(to right, ${[0, 0.5, 1].map(standingColour).join(", ")})`;
