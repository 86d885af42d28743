import assert from "node:assert/strict";
import { test } from "node:test";
import { errorText, shortErrorText } from "../src/analysis/map-text.ts";
import { readFrame } from "../src/format/framing.ts";
import { decode } from "../src/format/records.ts";
import { RecordError } from "../src/format/safetensors.ts";
import { bytesOf, pack, packMap, u8 } from "./support.ts";

test("a map keeps its halves, scale, score, target and gap", () => {
  const map = decode("map", packMap([0x3c00, 0, 0x7e00, 0xbc00, 0, 0], [2, 3], { gap: "-0.25" }));
  assert.ok(map.kind === "map");
  assert.deepEqual([map.depth, map.height, map.width, map.rank], [1, 2, 3, 2]);
  assert.deepEqual([...map.halves], [0x3c00, 0, 0x7e00, 0xbc00, 0, 0]);
  assert.deepEqual([map.scale, map.score, map.target, map.gap], [2, 1.5, 3, -0.25]);
});

test("a map of features is one row, and may have no gap", () => {
  const map = decode("map", packMap([1, 2, 3], [3], { score: "nan" }));
  assert.ok(map.kind === "map");
  assert.deepEqual([map.height, map.width, map.rank, map.gap], [1, 3, 1, undefined]);
  assert.ok(Number.isNaN(map.score));
});

test("a map may tell its error and passes; older logs do not", () => {
  const told = decode("map", packMap([0x3c00], [1], { error: "0.0078", passes: "31" }));
  assert.ok(told.kind === "map");
  assert.deepEqual([told.error, told.passes], [0.0078, 31]);
  assert.equal(errorText(told), "~0.78% after 31 passes");
  assert.equal(shortErrorText(told), "~0.78%");
  const older = decode("map", packMap([0x3c00], [1]));
  assert.ok(older.kind === "map");
  assert.deepEqual([older.error, older.passes], [undefined, undefined]);
  assert.equal(errorText(older) + shortErrorText(older), "");
  const broken = decode("map", packMap([0x7e00], [1], { error: "nan", passes: "9" }));
  assert.ok(broken.kind === "map");
  assert.equal(errorText(broken), "unknown: the map is not finite; after 9 passes");
  assert.equal(shortErrorText(broken), "unknown");
  const fixed = decode("map", packMap([0x3c00], [1], { passes: "50" }));
  assert.ok(fixed.kind === "map");
  assert.equal(errorText(fixed), "not estimated; after 50 passes");
  assert.equal(shortErrorText(fixed), "not estimated");
  assert.throws(() => decode("map", packMap([0x3c00], [1], { error: "-1" })), RecordError);
});

test("a map of a volume has slices", () => {
  const map = decode("map", packMap([1, 2, 3, 4, 5, 6], [3, 1, 2]));
  assert.ok(map.kind === "map");
  assert.deepEqual([map.depth, map.height, map.width, map.rank], [3, 1, 2, 3]);
});

test("attention has one scale and one number for each head", () => {
  const halves = bytesOf(Uint16Array.of(1, 2, 3, 4));
  const values = { dtype: "F16", shape: [2, 1, 2], bytes: halves };
  const heads = (count: number) => ({
    dtype: "I32",
    shape: [count],
    bytes: bytesOf(Int32Array.from({ length: count }, (_, i) => 4 + i)),
  });
  const found = decode(
    "matrix",
    pack("matrix", { values, attention_heads: heads(2) }, { scale: "0.5" }),
  );
  assert.ok(found.kind === "matrix");
  assert.deepEqual([found.height, found.width, found.scale, ...found.heads], [1, 2, 0.5, 4, 5]);
  const wrong = pack("matrix", { values, attention_heads: heads(3) }, { scale: "0.5" });
  assert.throws(() => decode("matrix", wrong), RecordError);
});

const texts = (list: unknown) => u8([...new TextEncoder().encode(JSON.stringify(list))]);
const f32 = (values: readonly number[], shape: readonly number[]) => ({
  dtype: "F32",
  shape,
  bytes: bytesOf(Float32Array.from(values)),
});

test("values are features, words or a line, with names that fit", () => {
  const words = {
    values: f32([4, 7, 0, 2], [2, 2]),
    names: texts([]),
    words: texts(["a", "b", "", "é"]),
  };
  const found = decode("values", pack("values", words, { layout: "tokens" }));
  assert.ok(found.kind === "values");
  assert.deepEqual([found.count, found.length, found.width], [2, 2, 1]);
  assert.deepEqual(found.words, ["a", "b", "", "é"]);
  const line = {
    values: f32([1, 2, 3, 4, 5, 6], [1, 3, 2]),
    names: texts(["x", "y"]),
    words: texts([]),
  };
  const curve = decode("values", pack("values", line, { layout: "line" }));
  assert.ok(curve.kind === "values");
  assert.deepEqual([curve.count, curve.length, curve.width, curve.names], [1, 3, 2, ["x", "y"]]);
  for (const [arrays, layout] of [
    [words, "plane"],
    [words, "features"],
    [{ ...words, words: texts(["a"]) }, "tokens"],
    [{ ...words, words: texts([1, 2, 3, 4]) }, "tokens"],
    [{ ...words, words: u8([255]) }, "tokens"],
    [{ ...line, names: texts(["x"]) }, "line"],
  ] as const) {
    assert.throws(() => decode("values", pack("values", arrays, { layout })), RecordError);
  }
});

test("a record at an odd address is read all the same", () => {
  const file = packMap([0x3c00], [1]);
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  assert.equal(decode("map", shifted.subarray(1)).kind, "map");
});

test("channels, predictions, metrics, samples and status", () => {
  const channels = decode(
    "channels",
    pack("channels", {
      values: { dtype: "F16", shape: [2, 1, 2], bytes: bytesOf(Uint16Array.of(1, 2, 3, 4)) },
      scales: { dtype: "F32", shape: [2], bytes: bytesOf(Float32Array.of(0.5, 8)) },
      channels: { dtype: "I32", shape: [2], bytes: bytesOf(Int32Array.of(4, 9)) },
      dead: { dtype: "U8", shape: [2], bytes: Uint8Array.of(0, 1) },
    }),
  );
  assert.ok(channels.kind === "channels");
  assert.deepEqual([channels.count, channels.height, channels.width], [2, 1, 2]);
  assert.deepEqual([...channels.channels], [4, 9]);

  const metrics = decode(
    "metrics",
    pack(
      "metrics",
      { values: { dtype: "F64", shape: [2], bytes: bytesOf(Float64Array.of(0.5, Number.NaN)) } },
      { names: '["accuracy", "loss"]' },
    ),
  );
  assert.ok(metrics.kind === "metrics");
  assert.deepEqual(
    [...metrics.values],
    [
      ["accuracy", 0.5],
      ["loss", Number.NaN],
    ],
  );
});

test("samples say what their rows hold and all of their labels; older logs do not", () => {
  const header = { label_kind: "class", class_names: "[]", settings: "{}" };
  const older = {
    labels: { dtype: "F64", shape: [2], bytes: bytesOf(Float64Array.of(2, Number.NaN)) },
    rows: { dtype: "I64", shape: [2], bytes: bytesOf(BigInt64Array.of(4n, 9n)) },
  };
  const hashes = bytesOf(BigUint64Array.of(255n, 2n ** 64n - 1n));
  const newer = {
    ...older,
    hashes: { dtype: "U64", shape: [2], bytes: hashes },
    label_sets: { dtype: "U8", shape: [2, 3], bytes: Uint8Array.of(1, 0, 1, 0, 0, 0) },
  };
  const told = decode("samples", pack("samples", newer, header));
  assert.ok(told.kind === "samples");
  assert.deepEqual(told.hashes, ["ff", "f".repeat(16)]);
  assert.deepEqual(told.labelSets, [[0, 2], []]);
  assert.deepEqual(told.layers, {});
  const untold = decode("samples", pack("samples", older, header));
  assert.ok(untold.kind === "samples");
  assert.deepEqual([untold.hashes, untold.labelSets], [undefined, undefined]);
  const nothing = {
    ...older,
    label_sets: { dtype: "U8", shape: [2 ** 50, 0], bytes: u8([]).bytes },
  };
  assert.throws(() => decode("samples", pack("samples", nothing, header)), RecordError);
  const other = { ...older, hashes: { dtype: "U64", shape: [1], bytes: hashes.slice(0, 8) } };
  assert.throws(() => decode("samples", pack("samples", other, header)), RecordError);
});

test("samples name each explainer's layers; older logs do so in their settings", () => {
  const arrays = {
    labels: { dtype: "F64", shape: [0], bytes: u8([]).bytes },
    rows: { dtype: "I64", shape: [0], bytes: u8([]).bytes },
  };
  const settings = JSON.stringify({ IG: "at image, words; steps 32", target: "label" });
  const header = { version: "1.1", label_kind: "none", class_names: "[]", settings };
  const layersOf = (more: Record<string, string>): unknown => {
    const samples = decode("samples", pack("samples", arrays, { ...header, ...more }));
    return samples.kind === "samples" && samples.layers;
  };
  assert.deepEqual(layersOf({}), { IG: ["image", "words"] });
  assert.deepEqual(layersOf({ version: "1.0" }), { IG: ["image", "words"] });
  const layers = { IG: ["a; b", "a, c"] };
  assert.deepEqual(layersOf({ version: "1.2", layers: JSON.stringify(layers) }), layers);
  for (const wrong of ["[]", '{"IG": "image"}', '{"IG": [1]}', "x"]) {
    assert.throws(() => layersOf({ layers: wrong }), RecordError);
  }
});

test("predictions count the explained epochs, which older logs list", () => {
  const arrays = {
    outputs: { dtype: "F32", shape: [1, 2], bytes: bytesOf(Float32Array.of(0.25, 0.75)) },
    predicted: { dtype: "I32", shape: [1], bytes: bytesOf(Int32Array.of(1)) },
  };
  const told = decode(
    "predictions",
    pack("predictions", arrays, { activation: "softmax", explained: "7" }),
  );
  assert.ok(told.kind === "predictions");
  assert.deepEqual([told.explained, told.width, [...told.predicted]], [7, 2, [1]]);
  const listed = { dtype: "I32", shape: [3], bytes: bytesOf(Int32Array.of(0, 4, 9)) };
  const older = decode(
    "predictions",
    pack("predictions", { ...arrays, explained: listed }, { activation: "softmax" }),
  );
  assert.ok(older.kind === "predictions");
  assert.equal(older.explained, 3);
  for (const explained of ["-1", "0.5", "many"]) {
    const header = { activation: "softmax", explained };
    assert.throws(() => decode("predictions", pack("predictions", arrays, header)), RecordError);
  }
});

test("everything malformed is one kind of error", () => {
  const good = packMap([1, 2], [1, 2]);
  const hostile: [string, Uint8Array][] = [
    ["empty", new Uint8Array(0)],
    ["cut header", good.subarray(0, 40)],
    ["cut data", good.subarray(0, good.length - 1)],
    ["not JSON", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 65, 66)],
    ["a header of 2^60 bytes", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 16)],
    ["another kind", pack("metrics", {})],
    ["a newer version", packMap([1], [1], { version: "2.0" })],
    ["no version", packMap([1], [1], { version: "x" })],
    ["a scale that is no number", packMap([1], [1], { scale: "ten" })],
    ["an infinite scale", packMap([1], [1], { scale: "inf" })],
    ["a negative scale", packMap([1], [1], { scale: "-1.0" })],
    ["rank 4", packMap([1], [1, 1, 1, 1])],
    ["more shape than data", packMap([1], [400, 400])],
  ];
  for (const [what, data] of hostile) {
    assert.throws(() => decode("map", data), RecordError, what);
  }
});

test("a frame is a JSON and the bytes behind it", () => {
  const json = new TextEncoder().encode('{"a": 1}');
  const file = new Uint8Array(4 + json.length + 2);
  new DataView(file.buffer).setUint32(0, json.length, true);
  file.set(json, 4);
  file.set([7, 8], 4 + json.length);
  const frame = readFrame(file.buffer);
  assert.deepEqual(frame.json, { a: 1 });
  assert.deepEqual([...frame.bytes], [7, 8]);
  assert.throws(() => readFrame(file.buffer.slice(0, 6)), /truncated/);
});
