/** Records that the library wrote mean here what they mean there, value by value. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Content, readListing } from "../src/data/listing.ts";
import type { Cluster } from "../src/format/clustered.ts";
import type { KernelRow } from "../src/format/compressed.ts";
import type { Grid } from "../src/format/exchanged.ts";
import "../src/format/general.ts";
import "../src/format/healthy.ts";
import "../src/format/structured.ts";
import "../src/format/regional.ts";
import "../src/format/paid.ts";
import "../src/format/quantized.ts";
import "../src/format/sensitive.ts";
import "../src/format/trusted.ts";
import { widen } from "../src/format/half.ts";
import type { Spread } from "../src/format/healthy.ts";
import { decode, isRead, type TfRecord } from "../src/format/records.ts";
import type { Measured, TreeNode } from "../src/format/simplified.ts";
import type { RecordKind } from "../src/tables.ts";

const FOLDER = new URL("../../../tests/golden/records/", import.meta.url);
const NUMBERS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

type Fields = Record<string, unknown>;
/** An array of the library's. */
interface Tensor {
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

function readJson(name: string): unknown {
  const text = readFileSync(new URL(name, FOLDER), "utf-8");
  return JSON.parse(text, (_key, value) =>
    typeof value === "string" && value in NUMBERS ? NUMBERS[value] : value,
  );
}

function tensor(values: Iterable<unknown>, ...shape: number[]): Tensor {
  return { shape, values: [...values] };
}

function object(map: ReadonlyMap<string, unknown>): Fields {
  return Object.fromEntries(map);
}

/** The last sides of a map, as many as its rank. */
function sidesOf(rank: number, ...sides: number[]): number[] {
  return sides.slice(sides.length - rank);
}

/** Rows of flags, of the labels that each sample has. */
function flags(sets: readonly (readonly number[])[], width: number): Tensor {
  const rows = sets.flatMap((set) =>
    Array.from({ length: width }, (_, label) => Number(set.includes(label))),
  );
  return tensor(rows, sets.length, width);
}

function wordsOf(row: KernelRow): Fields {
  return { ...row };
}

function spreadOf({ counts, ...told }: Spread): Fields {
  return { counts: tensor(counts, counts.length), ...told };
}

/** A record by the library's names for its fields. */
function fieldsOf(record: TfRecord, expected: Fields): Fields {
  switch (record.kind) {
    case "samples": {
      const { labels, rows, labelKind, classNames, settings, hashes, labelSets, layers } = record;
      const width = (expected.label_sets as Tensor | null)?.shape[1] ?? 0;
      return {
        labels: tensor(labels, labels.length),
        rows: tensor(rows, rows.length),
        label_kind: labelKind,
        class_names: classNames,
        settings,
        hashes: hashes
          ? tensor(
              hashes.map((hash) => wholeNumber(hash ?? "")),
              hashes.length,
            )
          : null,
        label_sets: labelSets ? flags(labelSets, width) : null,
        layers,
      };
    }
    case "metrics":
      return { values: object(record.values) };
    case "predictions": {
      const { outputs, width, predicted, explained, activation, moment, weights } = record;
      return {
        outputs: tensor(outputs, predicted.length, width),
        predicted: tensor(predicted, predicted.length),
        ...{ explained, activation, moment, weights: weights ?? null },
      };
    }
    case "status": {
      const problems = record.problems.map(({ isLeftOut, ...told }) => ({
        ...told,
        left_out: isLeftOut,
      }));
      const { everySteps, budget, ...seconds } = record.cost ?? {};
      const cost = record.cost && { ...seconds, budget: budget ?? null, every_steps: everySteps };
      return { seconds: object(record.seconds), problems, cost: cost ?? null };
    }
    case "map": {
      const { halves, scale, rank, depth, height, width, score, target } = record;
      const values = tensor(widen(halves, scale), ...sidesOf(rank, depth, height, width));
      const { gap = null, error = null, passes = null, other: second } = record;
      const other = second
        ? {
            values: tensor(
              widen(second.halves, second.scale),
              ...sidesOf(rank, depth, height, width),
            ),
            ...{ score: second.score, target: second.target },
          }
        : null;
      return { values, score, target, gap, error, passes, other };
    }
    case "channels": {
      const { halves, count, depth, height, width, scales, channels, dead, shares } = record;
      const size = depth * height * width;
      const values = Array.from({ length: count }, (_, i) => [
        ...widen(halves.slice(i * size, (i + 1) * size), scales[i] ?? Number.NaN),
      ]).flat();
      const sides = depth > 1 ? [depth, height, width] : [height, width];
      return {
        values: tensor(values, count, ...sides),
        channels: tensor(channels, count),
        dead: tensor(Array.from(dead, Boolean), count),
        shares: shares ? tensor(shares, shares.length) : null,
      };
    }
    case "matrix": {
      const { halves, heads, height, width, scale } = record;
      const values = tensor(widen(halves, scale), heads.length, height, width);
      return { values, attention_heads: tensor(heads, heads.length) };
    }
    case "picture": {
      const { bytes, width, height, channels } = record;
      return { values: tensor(bytes, height, width, channels) };
    }
    case "values": {
      const { values, count, length, width, layout, names, words } = record;
      const sides = layout === "line" ? [length, width] : [length];
      return { values: tensor(values, count, ...sides), layout, names, words };
    }
    case "kernels": {
      const { rows, metrics, values, totals, denominators, moment, weights } = record;
      return {
        rows: rows.map(wordsOf),
        metrics,
        values: tensor(values, rows.length, metrics.length),
        totals: Object.fromEntries([...totals].map(([part, sums]) => [part, object(sums)])),
        denominators: object(denominators),
        ...{ moment, weights: weights ?? null },
      };
    }
    case "kernel": {
      const { counts, low, high, zeros, nonfinite, pruned, dead } = record;
      return {
        counts: tensor(counts, counts.length),
        ...{ low, high, zeros, nonfinite },
        pruned: tensor(Array.from(pruned, Boolean), pruned.length),
        dead: tensor(Array.from(dead, Boolean), dead.length),
      };
    }
    case "drift": {
      const { values, agrees, measures, reference, role, referenceStep } = record;
      return {
        values: tensor(values, agrees.length, measures.length),
        agrees: tensor(Array.from(agrees, Boolean), agrees.length),
        ...{ measures, reference, role, reference_step: referenceStep ?? null },
      };
    }
    case "fidelity": {
      const { numbers, flips, counts, reference, role } = record;
      return {
        numbers: object(numbers),
        flips: tensor(flips, flips.length),
        counts: tensor(counts, counts.length),
        ...{ reference, role },
      };
    }
    case "health": {
      const { rows, metrics, values, totals, steps, moment, weights } = record;
      const { weightRows, weightNames, weightValues } = record;
      return {
        rows: rows.map((row) => ({ ...row })),
        ...{ metrics, steps, moment, weights: weights ?? null },
        values: tensor(values, rows.length, metrics.length),
        weights_of: weightNames.map((name, i) => [weightRows[i], name]),
        weight_values: tensor(weightValues, weightNames.length, metrics.length),
        totals: object(totals),
      };
    }
    case "structure": {
      const { rows, parents, edges, numbers, training, curves } = record;
      const points = curves.values[0]?.length ?? 0;
      return {
        rows: rows.map((row) => ({ ...row })),
        parents: tensor(parents, parents.length),
        edges: tensor(edges, edges.length / 2, 2),
        numbers: tensor(numbers, rows.length, 2),
        training: object(training),
        curves: {
          ...{ low: curves.low, high: curves.high },
          numbers: tensor(curves.numbers, curves.numbers.length),
          values: tensor(
            curves.values.flatMap((one) => [...one]),
            curves.values.length,
            points,
          ),
        },
      };
    }
    case "units": {
      const { activations, gradients, deadSince } = record;
      return {
        ...{ activations: spreadOf(activations), gradients: spreadOf(gradients) },
        dead_since: tensor(deadSince, deadSince.length),
      };
    }
    case "importance": {
      const { names, feature, explainer, rows, total, passes, unit, score, sides } = record;
      const { values, low, high, signed, occurs, classes, byClass, weightsFirst } = record;
      const { permuted, permutedLow, permutedHigh, dotFeatures, dots, dotValues } = record;
      const { rowLabels, hiddenCounts, hidden, random, randomLow, randomHigh } = record;
      const { mean, moment, weights, signedByClass, rowNumbers, hashes } = record;
      const flat = (array: Float64Array | Int32Array): Tensor => tensor(array, array.length);
      const held = [dotFeatures.length > 0 ? rowLabels.length : 0, dotFeatures.length];
      return {
        ...{ names, feature, explainer, rows, total, passes, unit, score, sides, moment },
        ...{ values: flat(values), low: flat(low), high: flat(high), signed: flat(signed) },
        ...{ occurs: flat(occurs), classes: flat(classes), weights_first: flat(weightsFirst) },
        by_class: tensor(byClass, classes.length, names.length),
        signed_by_class: tensor(signedByClass, classes.length, names.length),
        row_numbers: tensor(rowNumbers, rowNumbers.length),
        hashes: tensor(hashes.map(wholeNumber), hashes.length),
        permuted: flat(permuted),
        ...{ permuted_low: flat(permutedLow), permuted_high: flat(permutedHigh) },
        ...{ dot_features: flat(dotFeatures), row_labels: flat(rowLabels) },
        ...{ dots: tensor(dots, ...held), dot_values: tensor(dotValues, ...held) },
        ...{ hidden_counts: flat(hiddenCounts), hidden: flat(hidden), random: flat(random) },
        ...{ random_low: flat(randomLow), random_high: flat(randomHigh) },
        mean: tensor(mean?.bytes ?? [], mean?.height ?? 0, mean?.width ?? 0, mean?.channels ?? 1),
        weights: weights ?? null,
      };
    }
    case "trust": {
      const { kind: _, values, chance, weights, curves, ...told } = record;
      const shape = [values.length / told.names.length, told.names.length] as const;
      return {
        ...told,
        curves: curves.map((one) => ({
          ...one,
          shares: tensor(Array.from(one.shares), one.shares.length),
          values: tensor(one.values, shape[0], one.shares.length),
        })),
        values: tensor(values, ...shape),
        chance: tensor(chance, ...shape),
        weights: weights ?? null,
      };
    }
    case "masks": {
      const { kind: _, shape, bits, ...told } = record;
      const count = shape.reduce((product, side) => product * side, 1);
      const isIn = (_: unknown, i: number): boolean => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
      return { ...told, values: tensor(Array.from({ length: count }, isIn), ...shape) };
    }
    case "regions": {
      const { kind: _, mass, pointing, area, weights, ...told } = record;
      const shape = [mass.length / told.names.length, told.names.length] as const;
      return {
        ...told,
        mass: tensor(mass, ...shape),
        pointing: tensor(pointing, ...shape),
        area: tensor(area, ...shape),
        weights: weights ?? null,
      };
    }
    case "sanity": {
      const { kind: _, values, chance, counts, weights, ...told } = record;
      const shape = [values.length / counts.length, counts.length] as const;
      return {
        ...told,
        values: tensor(values, ...shape),
        chance: tensor(chance, ...shape),
        counts: tensor(Array.from(counts), counts.length),
        weights: weights ?? null,
      };
    }
    case "activations": {
      const { layers, missing, rows, reference, moment, weights } = record;
      const values = tensor(record.values, layers.length, 9);
      return { layers, values, missing, rows, reference, moment, weights: weights ?? null };
    }
    case "sensitivity": {
      const { layers, settings, measures, similarities, explainers, runtimes, controls } = record;
      const [l, s, m, k] = [layers, settings, measures, similarities].map((one) => one.length) as [
        number,
        number,
        number,
        number,
      ];
      const [p, c] = [explainers.length, controls.length];
      return {
        ...{ layers, settings, measures, similarities, explainers, runtimes, controls },
        map_layers: record.mapLayers,
        values: tensor(record.values, l, s, m),
        similarity: tensor(record.similarity, p, l, s, k),
        bits: tensor(record.bits, l, s),
        multiply_adds: tensor(record.multiplyAdds, l, s),
        dense: tensor(record.dense, l, 2),
        stored: tensor(record.stored, l, s),
        base: tensor(record.base, m),
        control_values: tensor(record.controlValues, c, m),
        control_similarity: tensor(record.controlSimilarity, p, c, k),
        ...{ rows: record.rows, samples: record.samples },
      };
    }
    case "plan": {
      const { kind: _, layer, setting, sizes, added, joint, ...told } = record;
      const shape = [sizes.length, record.measures.length] as const;
      return {
        ...told,
        layer: tensor(layer, layer.length),
        setting: tensor(setting, setting.length),
        sizes: tensor(sizes, sizes.length),
        added: tensor(added, ...shape),
        joint: tensor(joint, ...shape),
      };
    }
    case "payers": {
      const { names, measures } = record;
      const [p, m] = [names.length, measures.length];
      return {
        ...{ names, measures, reference: record.reference },
        by_group: tensor([...record.byGroup].map(Boolean), p),
        counts: tensor(record.counts, p, m),
        values: tensor(record.values, p, m, 3),
        bands: tensor(record.bands, p, m, 2),
      };
    }
    case "exemplars": {
      const { kind: _, rows, samples, shares, denseModels, compressedModels, ...told } = record;
      return {
        ...told,
        rows: tensor(rows, rows.length),
        samples: tensor(samples, rows.length),
        shares: tensor(shares, rows.length, 2),
        dense_models: denseModels,
        compressed_models: compressedModels,
      };
    }
    case "overlaps": {
      const { others, kernels, counts } = record;
      return { others, kernels, counts: tensor(counts, others.length, kernels.length, 4) };
    }
    case "changed": {
      const { settings, layers, maps } = record;
      const values = maps.map((own) => {
        const { rank = 0, depth = 0, height = 0, width = 0 } = own[0]?.[0] ?? {};
        const flat = own.flat().flatMap(({ halves, scale }) => [...widen(halves, scale)]);
        const sides = sidesOf(rank, depth, height, width);
        return tensor(flat, own.length, own[0]?.length ?? 0, ...sides);
      });
      return { settings, layers, values };
    }
    case "robustness": {
      const { steps, right, rows, hashes, grid, accuracy, low, high, unit } = record;
      const { moment, weights } = record;
      const flat = (array: ArrayLike<number>): Tensor => tensor(Array.from(array), array.length);
      return {
        ...{ steps: flat(steps), right: flat(right), rows: flat(rows), grid: flat(grid) },
        hashes: tensor(hashes.map(wholeNumber), hashes.length),
        ...{ accuracy: flat(accuracy), low: flat(low), high: flat(high), unit, moment },
        weights: weights ?? null,
      };
    }
    case "clusters": {
      const { rows, hashes, classes, of, positions, clusters, names, feature, sides } = record;
      const { explainer, passes, moment, weights } = record;
      const flat = (array: ArrayLike<number>): Tensor => tensor(Array.from(array), array.length);
      const each = (own: (one: Cluster) => number): Tensor => flat(clusters.map(own));
      const places = (name: "corner" | "size"): Tensor =>
        tensor(
          clusters.flatMap((one) => one[name]),
          clusters.length,
          sides.length > 1 ? sides.length : 0,
        );
      const pictures = clusters.flatMap(({ picture }) => (picture ? [picture] : []));
      const { height = 0, width = 0, channels = 1 } = pictures[0] ?? {};
      return {
        ...{ rows: flat(rows), classes: flat(classes), clusters: flat(of), names, feature },
        hashes: tensor(hashes.map(wholeNumber), hashes.length),
        positions: tensor(positions, rows.length, 2),
        ...{ whose: each(({ label }) => label), examples: each(({ example }) => example) },
        ...{ held: each(({ held }) => held), elsewhere: each(({ elsewhere }) => elsewhere) },
        ...{ corners: places("corner"), sizes: places("size"), sides, explainer, passes, moment },
        means: tensor(
          clusters.flatMap(({ mean }) => [...mean]),
          clusters.length,
          names.length,
        ),
        pictures: tensor(
          pictures.flatMap(({ bytes }) => [...bytes]),
          ...[pictures.length, height, width, channels],
        ),
        weights: weights ?? null,
      };
    }
    case "simple": {
      const { names, feature, total, rows, isOfClasses, constant, rules, whose } = record;
      const { fidelity, onLabels, nodes, classes, coefficients, moment, weights } = record;
      const each = (name: keyof TreeNode): Tensor =>
        tensor(
          nodes.map((node) => node[name]),
          nodes.length,
        );
      const rowsOf = (all: readonly Measured[]): Tensor =>
        tensor(
          all.flatMap(({ value, low, high }) => [value, low, high]),
          all.length,
          3,
        );
      return {
        ...{ names, feature, total, rows, constant, rules, whose, moment },
        of_classes: isOfClasses,
        fidelity: rowsOf([fidelity.linear, fidelity.tree]),
        on_labels: rowsOf([onLabels.network, onLabels.linear, onLabels.tree]),
        ...{ asks: each("asks"), threshold: each("threshold"), value: each("value") },
        ...{ left: each("left"), right: each("right"), passed: each("passed") },
        agree: each("agree"),
        answers: nodes.map(({ answer }) => answer),
        classes: tensor(classes, classes.length),
        coefficients: tensor(
          coefficients.flatMap((row) => [...row]),
          coefficients.length,
          names.length,
        ),
        weights: weights ?? null,
      };
    }
    case "thumbnails": {
      const { hashes, sheet, columns, height, width, texts } = record;
      const rows = hashes.map(wholeNumber);
      return {
        ...{ hashes: tensor(rows, rows.length), sheet: tensor(sheet, sheet.length) },
        ...{ columns, height, width, texts },
      };
    }
    case "dependence": {
      const { names, features, width, grid, counts, categories, outputs, rows } = record;
      const { partial, low, high, single, singleOutputs, averaged, unit, moment, weights } = record;
      const curves = [names.length, outputs.length, width];
      return {
        ...{ names, averaged, unit, moment, weights: weights ?? null },
        ...{ features: tensor(features, names.length), outputs: tensor(outputs, outputs.length) },
        ...{ grid: tensor(grid, names.length, width), counts: tensor(counts, names.length, width) },
        ...{ categories: tensor(categories, names.length), rows: tensor(rows, rows.length) },
        ...{ partial: tensor(partial, ...curves), low: tensor(low, ...curves) },
        high: tensor(high, ...curves),
        single: tensor(single, names.length, rows.length, width),
        single_outputs: tensor(singleOutputs, rows.length),
      };
    }
    case "exchange": {
      const { byWindow, byClass, classes, mean, isOfValues, weights, moment } = record;
      const { shares, chance, low, high, sides, cell, step, corner, size } = record;
      const { share, pairs, rows, passes } = record;
      const on = (grid: Grid): Tensor => tensor(grid.values, ...grid.shape);
      const each = byClass.flatMap((values) => [...values]);
      return {
        ...{ shares: on(shares), chance: on(chance), low: on(low), high: on(high) },
        ...{ sides, cell, step, corner, size, share, pairs, rows, passes, moment },
        by_window: on(byWindow),
        classes: tensor(classes, classes.length),
        by_class: expected.by_class && tensor(each, classes.length, ...shares.shape),
        mean: tensor(mean?.bytes ?? [], mean?.height ?? 0, mean?.width ?? 0, mean?.channels ?? 1),
        values: isOfValues,
        weights: weights ?? null,
      };
    }
  }
}

/** A hash as the library writes whole numbers: as text where JSON's do not hold it. */
function wholeNumber(hash: string): number | string {
  const value = BigInt(`0x${hash}`);
  return value < 2n ** 53n ? Number(value) : String(value);
}

const expected = readJson("expected.json") as Record<string, Fields & { kind: RecordKind }>;

test("every golden record has its meaning beside it", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".safetensors"));
  assert.deepEqual(
    files.sort(),
    Object.keys(expected)
      .map((name) => `${name}.safetensors`)
      .sort(),
  );
});

for (const [name, { kind, ...meant }] of Object.entries(expected)) {
  if (!isRead(kind)) continue;
  test(`the golden record ${name}`, () => {
    // A copy: slices of Node's own buffers are no copies, other than those of what a browser has.
    const data = new Uint8Array(readFileSync(new URL(`${name}.safetensors`, FOLDER)));
    const record = decode(kind, data);
    assert.deepEqual(fieldsOf(record, meant), meant);
  });
}

test("a run that the library lists", () => {
  const listed = readJson("listing.json") as { runs: { groups: { content: Fields }[] }[] };
  const contentOf = (told: Content): Fields => {
    const { scoreUnit, wordStep, wordOffsets, wordNote, ...content } = told;
    const words = { word_step: wordStep, word_offsets: wordOffsets, word_note: wordNote };
    return { ...content, score_unit: scoreUnit, ...words };
  };
  const found = readListing(listed).runs.map(({ run, groups, inputs, problems }) => ({
    run,
    groups: groups.map(({ lastStep, stamp, content, ...group }) => ({
      ...group,
      last_step: lastStep,
      last_wall_time: Number(stamp.split("@")[1]),
      content: contentOf(content),
    })),
    inputs,
    problems,
  }));
  for (const { content } of listed.runs.flatMap(({ groups }) => groups)) {
    // In logs of version 1.0 the explained number has the unit of the values.
    content.score_unit ||= content.unit;
  }
  assert.deepEqual(found, listed.runs);
});
