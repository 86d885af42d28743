/** The container of a record: named arrays behind a JSON header, every offset checked. */

import { MAJOR_VERSION, MAX_HEADER } from "../tables.ts";

export class RecordError extends Error {}

export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Container {
  readonly header: Readonly<Record<string, string>>;
  readonly arrays: ReadonlyMap<string, Entry>;
}

const WIDTHS: Readonly<Record<string, number>> = {
  F16: 2,
  F32: 4,
  F64: 8,
  I32: 4,
  I64: 8,
  U8: 1,
  U64: 8,
};

/** Take `data` apart, or throw a `RecordError` that says what is wrong with it. */
export function unpack(data: Uint8Array, kind: string): Container {
  const json = headerOf(data, kind);
  const body = data.subarray(8 + json.size);
  const header = metadata(json.value, kind);
  const arrays = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(json.value)) {
    if (name !== "__metadata__") arrays.set(name, readEntry(entry, body, `${kind}: ${name}`));
  }
  return { header, arrays };
}

function headerOf(data: Uint8Array, kind: string): { size: number; value: object } {
  if (data.length < 8) throw new RecordError(`${kind}: truncated: ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, 8);
  const size = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (size > MAX_HEADER || 8 + size > data.length) {
    throw new RecordError(`${kind}: truncated or too long a header (${size} bytes)`);
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data.subarray(8, 8 + size)));
    if (typeof value === "object" && value !== null) return { size, value };
  } catch {
    // Falls through to the one message for everything that is not a JSON object.
  }
  throw new RecordError(`${kind}: the header is not a JSON object`);
}

function metadata(header: object, kind: string): Record<string, string> {
  const found: unknown = "__metadata__" in header ? header.__metadata__ : undefined;
  if (typeof found !== "object" || found === null) {
    throw new RecordError(`${kind}: no metadata in the header`);
  }
  const entries = Object.entries(found).filter(([, value]) => typeof value === "string");
  const result: Record<string, string> = Object.fromEntries(entries);
  const major = Number(result.version?.split(".")[0]);
  if (!Number.isInteger(major)) throw new RecordError(`${kind}: no version`);
  if (major > MAJOR_VERSION) {
    throw new RecordError(`${kind}: version ${result.version} is newer than this page reads`);
  }
  if (result.kind !== kind) throw new RecordError(`expected ${kind}; got ${result.kind}`);
  return result;
}

function readEntry(entry: unknown, body: Uint8Array, what: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(offsets)) {
    throw new RecordError(`${what}: a malformed entry`);
  }
  const [start = -1, end = -1] = offsets;
  const expected = shape.reduce((a, b) => a * b, 1) * (WIDTHS[dtype] ?? Number.NaN);
  if (end > body.length || end - start !== expected) {
    throw new RecordError(`${what}: ${end - start} bytes for ${dtype} of shape [${shape}]`);
  }
  return { dtype, shape, bytes: body.subarray(start, end) };
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 8 &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0)
  );
}
