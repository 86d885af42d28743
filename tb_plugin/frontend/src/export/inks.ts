/** Colours and gradients of CSS, as computed styles spell them, in the form that files hold. */

import type { Ink, Stop } from "./marks.ts";

const CLEAR: Ink = { hex: "#000000", alpha: 0 };

/** `#fff`, `#ffffff`, `rgb(…)`, `rgba(…)`, `color(srgb …)`; clear where it is none of these. */
export function inkOf(css: string): Ink {
  const text = css.trim();
  if (text.startsWith("#")) return hexInk(text.slice(1));
  const [, name, inner = ""] = text.match(/^(rgba?|color)\((.*)\)$/) ?? [];
  const numbers = inner.match(/-?[\d.]+(?:e-?\d+)?%?/g) ?? [];
  if (!name || numbers.length < 3) return CLEAR;
  // A colour space is named where shares from 0 to 1 stand in place of bytes.
  const unit = name === "color" ? 255 : 1;
  const [r = 0, g = 0, b = 0] = numbers.slice(0, 3).map((n) => Number.parseFloat(n) * unit);
  return { hex: `#${[r, g, b].map(byte).join("")}`, alpha: shareOf(numbers[3] ?? "1") };
}

function hexInk(digits: string): Ink {
  const long = digits.length < 6 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const alpha = long.length > 6 ? Number.parseInt(long.slice(6, 8), 16) / 255 : 1;
  return /^[\da-f]{6,8}$/i.test(long)
    ? { hex: `#${long.slice(0, 6).toLowerCase()}`, alpha }
    : CLEAR;
}

function byte(value: number): string {
  const whole = Math.round(Math.min(255, Math.max(0, value)));
  return whole.toString(16).padStart(2, "0");
}

function shareOf(text: string): number {
  return text.endsWith("%") ? Number.parseFloat(text) / 100 : Number.parseFloat(text);
}

export interface Gradient {
  readonly isUpright: boolean;
  readonly stops: readonly Stop[];
}

/** Of the first `linear-gradient(…)` in a background; undefined where there is none, or a slanting one. */
export function gradientOf(
  background: string,
  width: number,
  height: number,
): Gradient | undefined {
  const start = background.indexOf("linear-gradient(");
  if (start < 0 || background.slice(0, start).endsWith("repeating-")) return undefined;
  const [first = "", ...rest] = partsIn(background.slice(start + "linear-gradient(".length));
  const side = SIDES[first];
  if (side === undefined && /^(to |-?[\d.]+(deg|turn|rad))/.test(first)) return undefined;
  const { isUpright, isReversed } = side ?? { isUpright: true, isReversed: false };
  const colours = side ? rest : [first, ...rest];
  const stops = stopsOf(colours, isUpright ? height : width);
  const turned = stops.map(({ at, ink }) => ({ at: 1 - at, ink })).reverse();
  return { isUpright, stops: isReversed ? turned : stops };
}

const SIDES: Readonly<Record<string, { isUpright: boolean; isReversed: boolean }>> = {
  "to right": { isUpright: false, isReversed: false },
  "to left": { isUpright: false, isReversed: true },
  "to bottom": { isUpright: true, isReversed: false },
  "to top": { isUpright: true, isReversed: true },
  "90deg": { isUpright: false, isReversed: false },
  "0deg": { isUpright: true, isReversed: true },
};

/** What commas part until the bracket that was open is closed. */
function partsIn(text: string): string[] {
  const parts = [""];
  let depth = 1;
  for (const letter of text) {
    if (letter === "(") depth++;
    if (letter === ")" && --depth === 0) break;
    if (letter === "," && depth === 1) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/** One colour may have no place, one, or two; what has none stands evenly between its neighbours. */
function stopsOf(colours: readonly string[], length: number): Stop[] {
  const told = colours.flatMap((colour) => {
    const [ink = "", places = ""] = splitStop(colour);
    const ats = [...places.matchAll(/(-?[\d.]+)(px|%)/g)].map(([, value, unit]) =>
      unit === "%" ? Number(value) / 100 : Number(value) / Math.max(length, 1),
    );
    return (ats.length > 0 ? ats : [undefined]).map((at) => ({ at, ink: inkOf(ink) }));
  });
  const last = told.length - 1;
  let before = 0;
  return told.map(({ at, ink }, i) => {
    const own = at ?? (i === 0 ? 0 : i === last ? 1 : between(told, i));
    // No stop lies before the one it follows.
    before = Math.min(1, Math.max(before, own));
    return { at: before, ink };
  });
}

function splitStop(colour: string): readonly [string, string] {
  const end = colour.lastIndexOf(")") + 1 || colour.search(/ |$/);
  return [colour.slice(0, end), colour.slice(end)];
}

function between(told: readonly { readonly at: number | undefined }[], index: number): number {
  const left = told.findLastIndex(({ at }, i) => i < index && (at !== undefined || i === 0));
  const right = told.findIndex(
    ({ at }, i) => i > index && (at !== undefined || i === told.length - 1),
  );
  const [from, to] = [told[left]?.at ?? 0, told[right]?.at ?? 1];
  return from + ((to - from) * (index - left)) / (right - left);
}
