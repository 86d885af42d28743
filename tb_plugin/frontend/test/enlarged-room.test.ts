import assert from "node:assert/strict";
import { test } from "node:test";
import { hasInputBeside, otherSide, roomIn } from "../src/parts/maps/enlarged-room.ts";
import type { Column } from "../src/state/columns.ts";

const MAP = { kind: "map", layout: "plane" } as Column;
const WORDS = { kind: "map", layout: "tokens" } as Column;
const CHANNELS = { kind: "channels", layout: "plane" } as Column;

test("a map, its input and those of all runs stand beside each other, as large as the frame allows", () => {
  const frame = { width: 1440, height: 2000 };
  for (const runs of [1, 2, 4]) {
    const { side, input } = roomIn(frame, MAP, runs, true);
    assert.equal(input, side);
    const taken = (runs + 1) * side + runs * 18 + 32;
    assert.ok(taken <= 1440 && taken > 1440 - (runs + 1), `${runs} runs take ${taken}`);
  }
  assert.ok(roomIn({ width: 1440, height: 650 }, MAP, 2, true).side < 450);
  // Smaller ones tell nothing: then the frame is scrolled.
  assert.equal(roomIn({ width: 400, height: 300 }, MAP, 10, true).side, 200);
});

test("words stand beside each other where there is room, and below each other where there is none", () => {
  assert.equal(roomIn({ width: 1440, height: 700 }, WORDS, 2, false).width, 695);
  assert.equal(roomIn({ width: 1440, height: 700 }, WORDS, 5, false).width, 420);
  assert.equal(roomIn({ width: 300, height: 700 }, WORDS, 1, false).width, 268);
  assert.equal(hasInputBeside(WORDS), false);
  assert.equal(hasInputBeside(MAP), true);
});

test("another run's sheet of tiles is no wider than its share", () => {
  const room = roomIn({ width: 1440, height: 900 }, CHANNELS, 2, true);
  const side = otherSide(room, CHANNELS, (size) => 2 * size);
  assert.ok(2 * side <= room.width && 2 * (side + 10) > room.width);
  assert.equal(
    otherSide(room, MAP, () => 1e6),
    room.side,
  );
});
