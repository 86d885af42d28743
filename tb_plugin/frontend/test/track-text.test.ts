import assert from "node:assert/strict";
import { test } from "node:test";
import { short } from "../src/analysis/numbers.ts";
import type { Curve } from "../src/draw/tracks.ts";
import { trackText } from "../src/parts/frame/track-text.ts";

function curve(name: string, metric: string, points: Curve["points"]): Curve {
  return { run: { name } as Curve["run"], metric, points, dash: [] };
}

test("a track tells each metric of each run at an epoch, and how many it leaves out", () => {
  const curves = [
    curve("plain", "loss", [[0, 2]]),
    curve("shortcut", "loss", [
      [0, 1],
      [3, 0.5],
    ]),
    curve("plain", "val_loss", [[5, 1]]),
  ];
  const track = { name: "loss", title: "loss", tell: short, curves };
  assert.equal(trackText(track, 3), "epoch 3: loss plain 2.00, shortcut 0.500");
  assert.equal(
    trackText(track, 5),
    "epoch 5: loss plain 2.00, shortcut 0.500 · val_loss plain 1.00",
  );
  const many = { ...track, curves: Array.from({ length: 9 }, () => curves[0] as Curve) };
  assert.ok(trackText(many, 0).endsWith(" · 3 more"));
  assert.equal(trackText({ ...track, curves: [] }, 1), "epoch 1: not known yet");
});
