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
