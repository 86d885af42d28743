import assert from "node:assert/strict";
import { test } from "node:test";
import "../src/format/structured.ts";
import { decode } from "../src/format/records.ts";
import { RecordError } from "../src/format/safetensors.ts";
import { f32, f64, i32, pack, type Written } from "./support.ts";

const ROWS = [
  ["image", "input", "Input", "8 × 8", "float32", "", "", ""],
  ["net/conv", "call", "Conv2D", "6 × 6", "float32", "relu", "trainable", "float"],
  ["net", "call", "Functional", "6 × 6", "float32", "", "", ""],
];

interface Changed {
  readonly rows?: readonly (readonly string[])[];
  readonly parents?: readonly number[];
  readonly edges?: Written;
  readonly numbers?: Written;
  readonly training?: string;
  readonly curves?: Curved;
}

interface Curved {
  readonly numbers?: readonly number[];
  readonly values?: Written;
  readonly range?: string;
}

const pairs = (values: readonly number[], width = 2): Written => ({
  ...i32(values),
  shape: [values.length / width, width],
});

const curvesOf = ({ numbers, values }: Curved): Readonly<Record<string, Written>> => ({
  curve_numbers: i32(numbers ?? [-1, 0, -1]),
  curves: values ?? f32([0, 0, 1], [1, 3]),
});

function packStructure(changed: Changed = {}): Uint8Array {
  const arrays = {
    parents: i32(changed.parents ?? [-1, 2, -1]),
    edges: changed.edges ?? pairs([0, 1, 1, 2]),
    numbers: changed.numbers ?? f64([0, 0, 38, 2268, 0, Number.NaN], [3, 2]),
    ...(changed.curves ? curvesOf(changed.curves) : {}),
  };
  return pack("structure", arrays, {
    rows: JSON.stringify(changed.rows ?? ROWS),
    training: changed.training ?? '{"optimizer": "Adam"}',
    ...(changed.curves ? { curve_range: changed.curves.range ?? "[-2, 2]" } : {}),
  });
}

test("a structure is nodes in words, what each is a part of, and what reads what", () => {
  const record = decode("structure", packStructure());
  assert.ok(record.kind === "structure");
  assert.deepEqual(
    record.rows.map(({ name, activation }) => [name, activation]),
    [
      ["image", ""],
      ["net/conv", "relu"],
      ["net", ""],
    ],
  );
  assert.deepEqual([...record.parents], [-1, 2, -1]);
  assert.deepEqual([...record.edges], [0, 1, 1, 2]);
  assert.deepEqual([...record.numbers].slice(0, 4), [0, 0, 38, 2268]);
  assert.equal(record.training.get("optimizer"), "Adam");
});

test("a structure may have the curves of activation functions", () => {
  const record = decode("structure", packStructure({ curves: {} }));
  assert.ok(record.kind === "structure");
  const { numbers, values, low, high } = record.curves;
  assert.deepEqual([...numbers], [-1, 0, -1]);
  assert.deepEqual(
    values.map((one) => [...one]),
    [[0, 0, 1]],
  );
  assert.deepEqual([low, high], [-2, 2]);
  const without = decode("structure", packStructure());
  assert.ok(without.kind === "structure" && without.curves.values.length === 0);
});

const kind = (known: string): Changed => ({
  rows: ROWS.map((row, i) => (i === 0 ? ["image", known, ...row.slice(2)] : row)),
});

const HOSTILE: readonly (readonly [string, Changed])[] = [
  ["rows of texts", { rows: [["image"]] }],
  ["known kinds", kind("layer")],
  ["a parent for each row", { parents: [-1] }],
  ["parents behind their parts", { parents: [-1, 0, -1] }],
  ["parents that there are", { parents: [-1, 3, -1] }],
  ["edges forwards", { edges: pairs([1, 0]) }],
  ["edges of nodes", { edges: pairs([0, 3]) }],
  ["edges from nodes", { edges: pairs([-1, 1]) }],
  ["edges of two nodes", { edges: pairs([0, 1, 2], 3) }],
  ["two numbers for each row", { numbers: f64([1, 2], [1, 2]) }],
  ["a curve's number for each row", { curves: { numbers: [0] } }],
  ["numbers of curves that there are", { curves: { numbers: [-1, 1, -1] } }],
  ["curves of two points", { curves: { values: f32([1], [1, 1]) } }],
  ["a range of curves", { curves: { range: "[2, -2]" } }],
  ["training as text", { training: '{"optimizer": 3}' }],
];

for (const [what, changed] of HOSTILE) {
  test(`a structure without ${what} is refused`, () => {
    assert.throws(() => decode("structure", packStructure(changed)), RecordError);
  });
}
