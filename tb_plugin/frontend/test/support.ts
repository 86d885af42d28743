/** Writes safetensors files as `tfexplain/container.py` does. */

export interface Written {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function pack(
  kind: string,
  arrays: Readonly<Record<string, Written>>,
  header: Readonly<Record<string, string>> = {},
): Uint8Array {
  let end = 0;
  const entries = Object.entries(arrays).map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const metadata = { version: "1.0", kind, ...header };
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const head = new TextEncoder().encode(json);
  const file = new Uint8Array(8 + head.length + end);
  new DataView(file.buffer).setUint32(0, head.length, true);
  file.set(head, 8);
  let at = 8 + head.length;
  for (const { bytes } of Object.values(arrays)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function packMap(
  halves: readonly number[],
  shape: readonly number[],
  header: Readonly<Record<string, string>> = {},
): Uint8Array {
  const values = { dtype: "F16", shape, bytes: bytesOf(Uint16Array.from(halves)) };
  return pack("map", { values }, { scale: "2.0", score: "1.5", target: "3", gap: "", ...header });
}
