/** float16 as stored, widened through one table: looking up is faster than computing, per pixel. */

/** The value of one float16 given by its 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Every float16 by its bits. */
export const HALF: Float32Array = Float32Array.from({ length: 65536 }, (_, bits) =>
  halfToNumber(bits),
);

/** float16 `halves` times `scale`; NaN and infinities stay what they are. */
export function widen(halves: Uint16Array, scale: number): Float32Array {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const unit = HALF[halves[i] as number] as number;
    out[i] = Number.isFinite(unit) ? unit * scale : unit;
  }
  return out;
}

/** The bits of the float16 nearest to a value; of two, the even one. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = even(size * 2 ** (10 - exponent));
  // A fraction that is rounded up to the next power of two carries into the exponent by itself.
  return sign | (exponent === -14 && steps < 1024 ? steps : ((exponent + 14) << 10) + steps);
}

function even(value: number): number {
  const below = Math.floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Values as maps hold them: float16 of value / scale, the largest finite magnitude. */
export function toHalves(values: Float32Array): { halves: Uint16Array; scale: number } {
  let scale = 0;
  for (const value of values) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  const by = scale > 0 ? scale : 1;
  return { halves: Uint16Array.from(values, (value) => numberToHalf(value / by)), scale };
}
