import assert from "node:assert/strict";
import test from "node:test";
import { captionOf, type Facts } from "../src/export/caption.ts";
import { gradientOf, inkOf } from "../src/export/inks.ts";
import { type Mark, moved, rectPath } from "../src/export/marks.ts";
import { type Key, type Measure, sheetOf, wrapped } from "../src/export/sheet.ts";
import { escaped, type Sheet, svgOf } from "../src/export/svg.ts";

const BLACK = { hex: "#000000", alpha: 1 };
const FONT = { size: 10, weight: 400 };
const measure: Measure = (text, { size }) => text.length * size * 0.5;

function textAt(text: string, x: number, y: number): Mark<string> {
  return { kind: "text", text, x, y, font: FONT, ink: BLACK, anchor: "start" };
}

test("colours of CSS become hexadecimal ones with an opacity, in every spelling", () => {
  assert.deepEqual(inkOf("#fff"), { hex: "#ffffff", alpha: 1 });
  assert.deepEqual(inkOf("#1D001880"), { hex: "#1d0018", alpha: 128 / 255 });
  assert.deepEqual(inkOf("rgb(26, 102, 201)"), { hex: "#1a66c9", alpha: 1 });
  assert.deepEqual(inkOf("rgba(0, 0, 0, 0.25)"), { hex: "#000000", alpha: 0.25 });
  assert.deepEqual(inkOf("rgb(1 2 3 / 50%)"), { hex: "#010203", alpha: 0.5 });
  assert.deepEqual(inkOf("color(srgb 1 0.5 0 / 0.98)"), { hex: "#ff8000", alpha: 0.98 });
  assert.equal(inkOf("transparent").alpha, 0);
});

test("gradients keep their places, in pixels or shares, and their direction", () => {
  const right = gradientOf("linear-gradient(to right, rgb(1, 2, 3), rgb(4, 5, 6))", 10, 10);
  assert.deepEqual(
    right?.stops.map(({ at }) => at),
    [0, 1],
  );
  assert.equal(right?.isUpright, false);
  // What stands first is at the lower end.
  const up = gradientOf("linear-gradient(to top, rgb(9, 9, 9) 40%, rgb(1, 1, 1) 0px)", 5, 20);
  assert.deepEqual(up, {
    isUpright: true,
    stops: [
      { at: 0.6, ink: { hex: "#010101", alpha: 1 } },
      { at: 0.6, ink: { hex: "#090909", alpha: 1 } },
    ],
  });
  const line = gradientOf("linear-gradient(rgb(0, 0, 0) 1px, rgb(1, 1, 1) 1px 3px)", 9, 4);
  assert.deepEqual(
    line?.stops.map(({ at }) => at),
    [0.25, 0.25, 0.75],
  );
  const even = gradientOf("linear-gradient(90deg, #000, #111, #222, #333)", 3, 3);
  assert.deepEqual(
    even?.stops.map(({ at }) => Math.round(9 * at)),
    [0, 3, 6, 9],
  );
  assert.equal(gradientOf("none", 9, 9), undefined);
  assert.equal(gradientOf("linear-gradient(30deg, #000, #111)", 9, 9), undefined);
});

test("names of a log are text in a file, and no markup", () => {
  assert.equal(
    escaped(`<script>"a" & 'b'</script>`),
    "&lt;script&gt;&quot;a&quot; &amp; 'b'&lt;/script&gt;",
  );
  // XML has no way to write these.
  assert.equal(escaped("a\u0000b\u001bc\ud800d\uffff"), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
  assert.equal(escaped("zeile\neins\tzwei"), "zeile eins zwei");
  const sheet = { width: 9, height: 9, title: "</title><script>", marks: [textAt("<b>&", 1, 2)] };
  const file = svgOf(sheet);
  assert.doesNotMatch(file, /<script|<b>/);
  assert.match(file, /<text [^>]*>&lt;b&gt;&amp;<\/text>/);
});

test("a shape is drawn once for each, and what is referred to is there once", () => {
  const ramp = { from: [0, 0], to: [9, 0], stops: [{ at: 0, ink: BLACK }] } as const;
  const d = rectPath(1, 2, 3, 4);
  const path: Mark<string> = { kind: "path", d, fill: ramp, clips: ["M0 0h9v9z", "M1 1h2v2z"] };
  const place = { x: 0, y: 0, width: 8, height: 8, alpha: 1 };
  const image: Mark<string> = { kind: "image", source: "data:,", smooth: false, ...place };
  const sheet: Sheet<string> = { width: 9, height: 9, title: "", marks: [path, path, image] };
  const file = svgOf(sheet);
  assert.equal(file.match(/<linearGradient /g)?.length, 1);
  assert.equal(file.match(/<clipPath /g)?.length, 2);
  assert.equal(file.match(/<path d="M1 2h3v4h-3z" fill="url\(#d0\)"\/><\/g><\/g>/g)?.length, 2);
  assert.match(file, /<image [^>]*pixelated[^>]*xlink:href="data:,"\/>/);
  assert.doesNotMatch(svgOf({ ...sheet, marks: [{ ...image, smooth: true }] }), /pixelated/);
  for (const [, id] of file.matchAll(/url\(#(\w+)\)/g))
    assert.match(file, new RegExp(`id="${id}"`));
});

test("marks move with all that belongs to them", () => {
  const ramp = { from: [1, 2], to: [5, 2], stops: [] } as const;
  const d = "M1 2L3.5 -4a1 1 0 1 0 2 0z";
  const mark: Mark<string> = { kind: "path", d, fill: ramp, clips: ["M0 0h1z"] };
  assert.deepEqual(moved(mark, 10, 0.5), {
    ...{ kind: "path", d: "M11 2.5L13.5 -3.5a1 1 0 1 0 2 0z", clips: ["M10 0.5h1z"] },
    fill: { from: [11, 2.5], to: [15, 2.5], stops: [] },
  });
});

const KEY: Key = {
  name: "GradCAM of conv",
  stops: [],
  ground: BLACK,
  ends: ["−1.5", "0", "1.5 logit"],
  scope: "all samples, shown runs, all epochs",
};

test("scales stand below what is in sight, the caption below them, all within the file", () => {
  const marks = [textAt("title", 0, 10)];
  const keys = [KEY, KEY, KEY];
  const caption = ["Run a: epoch 3", "word ".repeat(90).trim()];
  const sheet = sheetOf({ marks, width: 600, height: 100, keys, caption }, measure);
  const texts = sheet.marks.flatMap((mark) => (mark.kind === "text" ? [mark] : []));
  for (const { text, x, y, font, anchor } of texts) {
    const width = measure(text, font);
    const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
    assert.ok(left >= 0 && left + width <= sheet.width, text);
    assert.ok(y > 0 && y < sheet.height, text);
  }
  const named = texts.filter(({ text }) => text === KEY.name);
  // Two beside each other, the third below them.
  assert.equal(named[0]?.y, named[1]?.y);
  assert.ok((named[1]?.x ?? 0) >= (named[0]?.x ?? 0) + 260);
  assert.ok((named[2]?.y ?? 0) > (named[0]?.y ?? 0));
  const head = texts.find(({ text }) => text === "Run a: epoch 3");
  assert.ok((head?.y ?? 0) > (named[2]?.y ?? 0));
  assert.equal(texts.filter(({ text }) => text.startsWith("word")).length, 5);
  assert.equal(sheet.title, caption.join("\n"));
});

test("lines are no wider than their room, also where a name is", () => {
  const width = (line: string): number => line.length;
  assert.deepEqual(wrapped("one two three", 7, width), ["one two", "three"]);
  assert.deepEqual(wrapped("a abcdefghij b", 4, width), ["a", "abcd", "efgh", "ij b"]);
});

const FACTS: Facts = {
  runs: [
    { name: "plain", when: "epoch 3, with the weights at its end" },
    { name: "pruned", when: "epoch 3, with the weights at its end" },
  ],
  epoch: 3,
  methods: [
    { explainer: "GradCAM", layer: "conv", settings: { layer: "x", relu: "True", a: "default" } },
  ],
  samples: [
    { number: 0, label: "cat", target: "cat" },
    { number: 4, label: "cat", target: "cat" },
    { number: 5, label: "cat", target: "dog" },
  ],
  hasMaps: true,
  hasPictures: false,
  more: ["Kernel conv."],
  version: "1.2.3",
};

test("a caption says what a figure is of: runs, epoch, weights, methods, targets, version", () => {
  assert.deepEqual(captionOf(FACTS), [
    "Runs plain and pruned: epoch 3, with the weights at its end",
    "GradCAM of conv (relu True).",
    "Explained target: cat (the label) in samples 0 and 4; dog (label cat) in sample 5.",
    "Kernel conv.",
    "Maps are clear at zero and opaque from a quarter of their scale on.",
    "Made with tfexplain 1.2.3.",
  ]);
  const other = { name: "pruned", when: "epoch 2, shown at epoch 3" };
  const [head] = captionOf({ ...FACTS, runs: [...FACTS.runs.slice(0, 1), other] });
  assert.equal(
    head,
    "Run plain: epoch 3, with the weights at its end; Run pruned: epoch 2, shown at epoch 3",
  );
  // Maps of no training are of no epoch.
  const still = FACTS.runs.map(({ name }) => ({ name, when: "" }));
  assert.equal(captionOf({ ...FACTS, runs: still })[0], "Runs plain and pruned");
  const bare = { ...FACTS, runs: [], methods: [], samples: [], more: [], hasMaps: false };
  assert.deepEqual(captionOf(bare), ["Epoch 3", "Made with tfexplain 1.2.3."]);
});

test("of many samples and targets the first are named", () => {
  const samples = Array.from({ length: 20 }, (_, number) => ({ number, label: "", target: "a" }));
  const [, , told] = captionOf({ ...FACTS, samples });
  assert.equal(told, "Explained target: a in samples 0, 1, 2, 3, 4, 5, 6, 7 and 12 more.");
  const apart = samples.map((sample) => ({ ...sample, target: `t${sample.number}` }));
  const [, , all = ""] = captionOf({ ...FACTS, samples: apart });
  assert.match(all, /t7 in sample 7; 12 more not named\.$/);
});
