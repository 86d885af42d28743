import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group } from "../src/data/listing.ts";
import { batches, firstLook, inOrder, type Want } from "../src/data/plan.ts";

function want(run: string, name: string, samples: readonly number[] = [], side = 1): Want {
  const kind = name.split("/")[0] as Group["kind"];
  const all = kind === "map" || kind === "channels" ? [0, 1, 2, 3] : [];
  const content = {
    unit: "",
    scoreUnit: "",
    signed: false,
    shape: [side, side],
    input: "",
    channels: 0,
    ...{ wordStep: 0, wordOffsets: [], wordNote: "" },
  };
  const group = {
    ...{ group: name, kind, explainer: "", layer: "", samples: all, lastStep: 99, stamp: "" },
    content: { ...content, settings: {}, layout: "" as const, role: "" as const },
  };
  return { run, group, samples };
}

function told(parts: readonly (readonly Want[])[]): string[] {
  return parts.map((part) =>
    part.map(({ run, group, samples }) => `${run} ${group.group} ${samples.join("+")}`).join("; "),
  );
}

test("maps and the numbers beside them come before all else", () => {
  const wants = [
    want("a", "status"),
    want("a", "map/X/y"),
    want("b", "drift/X/y"),
    want("b", "metrics"),
  ];
  assert.deepEqual(told(inOrder(wants)), ["a map/X/y ; b metrics ", "a status ; b drift/X/y "]);
});

test("of long series the maps' last records come first, and the axis of epochs", () => {
  const wants = [want("a", "metrics"), want("a", "status"), want("a", "map/X/y", [0, 1], 56)];
  const look = firstLook(wants);
  assert.deepEqual(told([look.last, look.all]), ["a map/X/y 0+1", "a metrics "]);
  assert.deepEqual(firstLook([want("a", "metrics"), want("a", "map/X/y", [0, 1], 4)]), {
    last: [],
    all: [],
  });
});

test("a request is of one run and of equal samples; groups without samples go along", () => {
  const wants = [
    want("a", "metrics"),
    want("a", "map/X/y", [0, 1]),
    want("a", "channels/X/y", [0, 1]),
    want("a", "map/X/z", [3]),
    want("b", "metrics"),
  ];
  assert.deepEqual(told(batches(wants)), [
    "a metrics ; a map/X/y 0+1; a channels/X/y 0+1",
    "a map/X/z 3",
    "b metrics ",
  ]);
});

test("a request stays below what an answer may carry", () => {
  // 100 epochs of 4 samples of 200 x 200 float16 numbers are 32 MB.
  const wants = [want("a", "map/X/y", [], 200), want("a", "map/X/z", [], 200)];
  assert.equal(batches(wants).length, 2);
  assert.equal(batches(wants.map((one) => ({ ...one, samples: [0] }))).length, 1);
});
