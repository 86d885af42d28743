/** Reads the parts of a record, and refuses each that is not what the format says. */

import { type Container, RecordError } from "./safetensors.ts";

export class Reader {
  private readonly kind: string;
  private readonly raw: Container;

  constructor(kind: string, raw: Container) {
    this.kind = kind;
    this.raw = raw;
  }

  check(ok: boolean, expected: string): void {
    if (!ok) throw new RecordError(`${this.kind}: expected ${expected}`);
  }

  has(key: string): boolean {
    return key in this.raw.header;
  }

  hasArray(name: string): boolean {
    return this.raw.arrays.has(name);
  }

  text(key: string): string {
    const value = this.raw.header[key];
    if (value === undefined) throw new RecordError(`${this.kind}: the header lacks ${key}`);
    return value;
  }

  /** One of these words. */
  oneOf<W extends string>(key: string, words: readonly W[]): W {
    const word = words.find((known) => known === this.text(key));
    if (word === undefined) {
      throw new RecordError(`${this.kind}: expected ${key} of ${words.join(", ")}`);
    }
    return word;
  }

  /** A number as Python's `repr` writes it, `nan` and `inf` included. */
  number(key: string): number {
    const text = this.text(key).trim();
    const special: Record<string, number> = {
      nan: Number.NaN,
      inf: Number.POSITIVE_INFINITY,
      "-inf": Number.NEGATIVE_INFINITY,
    };
    const value = special[text] ?? Number(text || "x");
    this.check(text in special || !Number.isNaN(value), `${key} as a number`);
    return value;
  }

  json(key: string): unknown {
    try {
      return JSON.parse(this.text(key));
    } catch {
      throw new RecordError(`${this.kind}: ${key} is not JSON`);
    }
  }

  strings(key: string): string[] {
    return this.texts(this.json(key), key);
  }

  /** Rows of texts, a text for each of these keys. */
  rows<K extends string>(key: string, keys: readonly K[]): Record<K, string>[] {
    const rows = this.json(key);
    const isRow = (row: unknown): row is string[] =>
      Array.isArray(row) && row.length === keys.length && row.every((v) => typeof v === "string");
    this.check(Array.isArray(rows) && rows.every(isRow), `rows of ${keys.length} texts`);
    const named = (row: string[]): [K, string][] => keys.map((name, i) => [name, row[i] ?? ""]);
    return (rows as string[][]).map((row) => Object.fromEntries(named(row)) as Record<K, string>);
  }

  /** A list too long for the header: JSON in an array of bytes. */
  longStrings(name: string): string[] {
    const { data } = this.array(name, "U8", 1);
    try {
      return this.texts(JSON.parse(new TextDecoder().decode(data)), name);
    } catch {
      throw new RecordError(`${this.kind}: ${name} is not a list of strings`);
    }
  }

  private texts(value: unknown, key: string): string[] {
    this.check(
      Array.isArray(value) && value.every((v) => typeof v === "string"),
      `${key} as names`,
    );
    return value as string[];
  }

  /** What the numbers of an array are stored as; undefined where there is none. */
  dtype(name: string): string | undefined {
    return this.raw.arrays.get(name)?.dtype;
  }

  /** The array's shape and a copy of its bytes, aligned for any typed array. */
  array(name: string, dtype: string, ...ranks: number[]): { shape: number[]; data: ArrayBuffer } {
    const entry = this.raw.arrays.get(name);
    if (entry?.dtype !== dtype || !ranks.includes(entry.shape.length)) {
      throw new RecordError(
        `${this.kind}: ${name}: expected ${dtype} of rank ${ranks.join(" or ")}`,
      );
    }
    return { shape: [...entry.shape], data: entry.bytes.slice().buffer };
  }
}

/** Names in the header beside one number each. */
export function named(raw: Reader, array: string, names: string): Map<string, number> {
  const values = new Float64Array(raw.array(array, "F64", 1).data);
  const keys = raw.strings(names);
  raw.check(values.length === keys.length, `one of ${array} for each of ${names}`);
  return new Map(keys.map((key, i) => [key, values[i] as number]));
}

/** An array of whole numbers, of 64 bits each. */
export function wholes(raw: Reader, name: string): number[] {
  return Array.from(new BigInt64Array(raw.array(name, "I64", 1).data), Number);
}

/** What rows hold, as the page names it. */
export function hashesOf(raw: Reader): string[] {
  const found = new BigUint64Array(raw.array("hashes", "U64", 1).data);
  return Array.from(found, (hash) => hash.toString(16));
}

export function isDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
