/** The answer of `series` and `inputs`: a JSON and the bytes it points into, in one response. */

export interface Frame {
  readonly json: unknown;
  readonly bytes: Uint8Array;
}

export function readFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < 4) throw new Error("the answer is truncated");
  const size = new DataView(buffer).getUint32(0, true);
  if (4 + size > buffer.byteLength) throw new Error("the answer is truncated");
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, size));
  return { json: JSON.parse(text), bytes: new Uint8Array(buffer, 4 + size) };
}
