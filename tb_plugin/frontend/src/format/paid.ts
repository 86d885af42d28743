/** Who pays for a compression: twins of the records in `tfexplain/wire/records/paid.py`. */

import type { Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

const MAX_PARTS = 1 << 16;

export interface Payers {
  readonly kind: "payers";
  /** Of classes and groups. */
  readonly names: readonly string[];
  readonly byGroup: Uint8Array;
  readonly measures: readonly string[];
  /** [P, M]: of how many rows a number is; 0: there is none. */
  readonly counts: readonly number[];
  /** [P, M, 3]: the number and its 95% interval. */
  readonly values: Float64Array;
  /** [P, M, 2]: least and greatest of the controls; NaN without any. */
  readonly bands: Float64Array;
  readonly reference: string;
}

export interface Exemplars {
  readonly kind: "exemplars";
  /** Their numbers in the data, surest first. */
  readonly rows: readonly number[];
  /** Their places among the run's explained samples; -1: not explained. */
  readonly samples: Int32Array;
  readonly labels: readonly string[];
  readonly groups: readonly string[];
  /** What most models predict. */
  readonly dense: readonly string[];
  readonly compressed: readonly string[];
  /** [E, 2]: how many of the dense and of the compressed models do. */
  readonly shares: Float64Array;
  readonly denseModels: readonly string[];
  readonly compressedModels: readonly string[];
  /** How many samples were drawn; those behind are explained for being exemplars. */
  readonly drawn: number;
  /** How many exemplars there are. */
  readonly total: number;
}

export interface Overlaps {
  readonly kind: "overlaps";
  readonly others: readonly string[];
  readonly kernels: readonly string[];
  /** [P, L, 4]: weights, those that this run keeps, those that the other does, and those that both do. */
  readonly counts: readonly number[];
}

function wholes(raw: Reader, name: string, ...sides: number[]): number[] {
  const { shape, data } = raw.array(name, "I64", sides.length);
  raw.check(shape.join() === sides.join(), `${name} of shape ${sides.join(", ")}`);
  return Array.from(new BigInt64Array(data), Number);
}

function readPayers(raw: Reader): Payers {
  const [names, measures] = [raw.longStrings("names"), raw.longStrings("measures")];
  const [p, m] = [names.length, measures.length];
  raw.check(p > 0 && p <= MAX_PARTS, `1 to ${MAX_PARTS} classes and groups`);
  raw.check(new Set(measures).size === m, "each measure only once");
  const byGroup = new Uint8Array(raw.array("by_group", "U8", 1).data);
  raw.check(byGroup.length === p, "a name for each part");
  const doubles = (name: string, ...sides: number[]): Float64Array => {
    const { shape, data } = raw.array(name, "F64", sides.length);
    raw.check(shape.join() === sides.join(), `${name} of shape ${sides.join(", ")}`);
    return new Float64Array(data);
  };
  return {
    kind: "payers",
    ...{ names, byGroup, measures, counts: wholes(raw, "counts", p, m) },
    values: doubles("values", p, m, 3),
    bands: doubles("bands", p, m, 2),
    reference: raw.text("reference"),
  };
}

function readExemplars(raw: Reader): Exemplars {
  const texts = (name: string): string[] => raw.longStrings(name);
  const samples = new Int32Array(raw.array("samples", "I32", 1).data);
  const rows = wholes(raw, "rows", samples.length);
  const names = {
    ...{ labels: texts("labels"), groups: texts("groups") },
    ...{ dense: texts("dense"), compressed: texts("compressed") },
  };
  const isEach = [samples, ...Object.values(names)].every(({ length }) => length === rows.length);
  raw.check(isEach, "a sample and names for each row");
  const { shape, data } = raw.array("shares", "F64", 2);
  raw.check(shape.join() === [rows.length, 2].join(), "two shares for each row");
  raw.check(
    samples.every((sample) => sample >= -1),
    "numbers of samples",
  );
  return {
    kind: "exemplars",
    ...{ rows, samples, ...names, shares: new Float64Array(data) },
    denseModels: texts("dense_models"),
    compressedModels: texts("compressed_models"),
    ...{ drawn: raw.number("drawn"), total: raw.number("total") },
  };
}

function readOverlaps(raw: Reader): Overlaps {
  const [others, kernels] = [raw.longStrings("others"), raw.longStrings("kernels")];
  const counts = wholes(raw, "counts", others.length, kernels.length, 4);
  return { kind: "overlaps", others, kernels, counts };
}

alsoDecode({ payers: readPayers, exemplars: readExemplars, overlaps: readOverlaps });
