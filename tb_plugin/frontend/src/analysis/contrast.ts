/** Colours that text can be read on. */

import type { Rgb } from "./colours.ts";

/** WCAG 2's relative luminance. */
export function luminance([r, g, b]: Rgb): number {
  const linear = (value: number): number => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** WCAG 2's contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** Black or white, whichever is read better; at least 4.5 to 1 on every colour. */
export function textColourOn(colour: Rgb): "#000" | "#fff" {
  return contrast(colour, BLACK) >= contrast(colour, WHITE) ? "#000" : "#fff";
}

/** A colour that covers `share` of another one. */
export function blend(over: Rgb, under: Rgb, share: number): Rgb {
  const mix = (i: 0 | 1 | 2): number => Math.round(share * over[i] + (1 - share) * under[i]);
  return [mix(0), mix(1), mix(2)];
}

/** `#1c2026` as numbers; black for anything else. */
export function rgbOf(hex: string): Rgb {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex.trim())?.[1] ?? "000000";
  const part = (at: number): number => Number.parseInt(digits.slice(at, at + 2), 16);
  return [part(0), part(2), part(4)];
}
