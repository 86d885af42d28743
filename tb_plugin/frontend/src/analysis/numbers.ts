/** Numbers as people read them. */

const MINUS = "\u2212";

/** A few significant digits, exponents only where they save the reader counting zeros. */
export function short(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text = size >= 1e5 || size < 1e-3 ? size.toExponential(digits - 1) : plain(size, digits);
  return (value < 0 ? MINUS : "") + text.replace("e+", "e").replace("e-", `e${MINUS}`);
}

function plain(size: number, digits: number): string {
  return size.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** A share as a percentage. */
export function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(value > 0.9995 ? 0 : 1)}%` : "–";
}

/** A number that may not exist, with its sign shown. */
export function coefficient(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(2).replace("-", MINUS);
}

export function seconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${short(value)} s`;
}

/** `1 value`, `2 values`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
