import assert from "node:assert/strict";
import { test } from "node:test";
import { Pictures } from "../src/data/pictures.ts";
import { decodedSize, sizeOfPng } from "../src/data/png.ts";
import { MAX_AREA, MAX_SUM } from "../src/tables.ts";

/** A PNG file as far as its header goes. */
function header(width: number, height: number): Uint8Array {
  const data = new Uint8Array(33);
  data.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(data.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return data;
}

test("a picture's size is read from its header, and bounded before anything is decoded", () => {
  assert.deepEqual(sizeOfPng(header(640, 480)), { width: 640, height: 480 });
  assert.deepEqual(sizeOfPng(header(MAX_AREA, 1)), { width: MAX_AREA, height: 1 });
  assert.throws(
    () => sizeOfPng(header(8192, 8192)),
    /^Error: 8192 × 8192 pixels; the page decodes/,
  );
  assert.throws(() => sizeOfPng(header(MAX_AREA, 2)), /pixels/);
  assert.throws(() => sizeOfPng(header(2 ** 32 - 1, 2 ** 32 - 1)), /pixels/);
  assert.throws(() => sizeOfPng(header(0, 3)), /without pixels/);
  assert.throws(() => sizeOfPng(header(3, 3).subarray(0, 32)), /no PNG/);
  assert.throws(() => sizeOfPng(new TextEncoder().encode("<svg onload=alert(1)>")), /no PNG/);
});

test("pictures are decoded no larger than they are shown, in their proportions", () => {
  const large = { width: 4000, height: 2000 };
  assert.deepEqual(decodedSize(large, 40), { width: 256, height: 128 });
  assert.deepEqual(decodedSize(large, 256), { width: 256, height: 128 });
  assert.deepEqual(decodedSize(large, 257), { width: 512, height: 256 });
  assert.deepEqual(decodedSize(large, 1e9), { width: 2048, height: 1024 });
  assert.deepEqual(decodedSize({ width: 200, height: 300 }, 1024), { width: 200, height: 300 });
  assert.deepEqual(decodedSize({ width: 1 << 20, height: 1 }, 40), { width: 256, height: 1 });
});

test("pictures that are too large, alone or together, are refused one by one", () => {
  const pictures = new Pictures();
  pictures.expect("run", "image", "1");
  const fitting = MAX_SUM / MAX_AREA;
  const sides = [8192, ...Array.from({ length: fitting + 1 }, () => 4096)];
  pictures.keep(
    "run",
    "image",
    sides.map((side, sample) => ({ sample, data: header(side, side) })),
  );
  assert.equal(pictures.get("run", "image", 0), undefined);
  assert.equal(pictures.get("run", "image", fitting)?.width, 4096);
  assert.equal(pictures.get("run", "image", fitting + 1), undefined);
  const told = [...pictures.errors.values()].map(({ sample }) => sample);
  assert.deepEqual(told, [0, fitting + 1]);
  assert.ok(pictures.isRefused("run", "image", 0));
});
