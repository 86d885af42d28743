/** Pictures of explainers, byte by byte. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rgbaOf } from "../src/draw/pixels.ts";

const PIXELS = { kind: "picture", width: 2, height: 1 } as const;

test("grey is spread over three colours, and opaque", () => {
  const grey = rgbaOf({ ...PIXELS, channels: 1, bytes: new Uint8Array([7, 200]) });
  assert.deepEqual([...grey], [7, 7, 7, 255, 200, 200, 200, 255]);
});

test("colours stay in their order, and opacity where there is one", () => {
  const rgb = rgbaOf({ ...PIXELS, channels: 3, bytes: new Uint8Array([1, 2, 3, 4, 5, 6]) });
  assert.deepEqual([...rgb], [1, 2, 3, 255, 4, 5, 6, 255]);
  const bytes = new Uint8Array([1, 2, 3, 0, 4, 5, 6, 128]);
  assert.deepEqual([...rgbaOf({ ...PIXELS, channels: 4, bytes })], [...bytes]);
});
