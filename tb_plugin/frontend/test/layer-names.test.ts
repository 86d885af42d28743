import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withoutShared } from "../src/analysis/layer-names.ts";
import { methodHelp } from "../src/analysis/method-help.ts";

test("folders that all layers share are cut, and nothing else", () => {
  const told = (...paths: string[]): string[] => paths.map(withoutShared(paths));
  assert.deepEqual(told("net/a/conv1", "net/a/conv2", "dense"), ["conv1", "conv2", "dense"]);
  assert.deepEqual(told("net/a/conv1", "net/b/conv1"), ["a/conv1", "b/conv1"]);
  assert.deepEqual(told("net/a", "net/a/b"), ["a", "a/b"]);
  assert.deepEqual(told("conv1", "backbone/conv2"), ["conv1", "backbone/conv2"]);
  assert.deepEqual(told("net/one", "network/two"), ["net/one", "network/two"]);
  assert.deepEqual(told(), []);
});

test("no two layers get one name", () => {
  const paths = ["net/conv1", "net/conv2", "conv1"];
  assert.deepEqual(paths.map(withoutShared(paths)), ["net/conv1", "conv2", "conv1"]);
});

test("every method that docs/choosing.md tells of has its help, also where there are two", () => {
  const guide = readFileSync(new URL("../../../docs/choosing.md", import.meta.url), "utf8");
  const table = guide.slice(guide.indexOf("## The methods"), guide.indexOf("Left out on purpose"));
  const methods = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? "");
  assert.ok(methods.length > 15);
  // It explains no sample, so that it has no maps on the page.
  const shown = methods.filter((name) => name !== "ActivationMaximization");
  assert.deepEqual(
    shown.filter((name) => !methodHelp(name)),
    [],
  );
  assert.equal(methodHelp("GradCAM-2"), methodHelp("GradCAM"));
  assert.equal(methodHelp("of my own"), undefined);
});
