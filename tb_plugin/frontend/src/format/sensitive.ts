/** What compressing each kernel alone costs: twins of the records in `tfexplain/wire/records/sensitive.py`. */

import type { AttributionMap } from "./maps.ts";
import type { Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

const MAX_CELLS = 1 << 17;
const MAX_POINTS = 1 << 14;
const MAX_PLACES = 16;

export interface Sensitivity {
  readonly kind: "sensitivity";
  readonly layers: readonly string[];
  readonly settings: readonly string[];
  /** Of predictions. */
  readonly measures: readonly string[];
  /** Of maps: of each of `explainers` at one of `mapLayers`. */
  readonly similarities: readonly string[];
  readonly explainers: readonly string[];
  readonly mapLayers: readonly string[];
  /** [L, S, M]; NaN where it was not measured. */
  readonly values: Float64Array;
  /** [P, L, S, K] */
  readonly similarity: Float64Array;
  /** [L, S]; NaN where the kernel cannot have the setting. */
  readonly bits: Float64Array;
  readonly multiplyAdds: Float64Array;
  /** [L, 2]: bits and multiply-adds of the kernel as it is. */
  readonly dense: Float64Array;
  /** [L, S]: bit i: `runtimes` i stores it so; 0: nothing does. */
  readonly stored: Uint8Array;
  readonly runtimes: readonly string[];
  /** [M] of the model as it is. */
  readonly base: Float64Array;
  /** Models that differ by chance only: [C, M] and [P, C, K]. */
  readonly controls: readonly string[];
  readonly controlValues: Float64Array;
  readonly controlSimilarity: Float64Array;
  readonly rows: number;
  readonly samples: number;
}

export interface Plan {
  readonly kind: "plan";
  readonly layers: readonly string[];
  readonly settings: readonly string[];
  readonly measures: readonly string[];
  /** [T]: which kernel has which setting from a point on; -1 at the first. */
  readonly layer: Int32Array;
  readonly setting: Int32Array;
  readonly sizes: Float64Array;
  /** [T, M]: what single effects add up to, and what all settings do at once. */
  readonly added: Float64Array;
  readonly joint: Float64Array;
  /** Python that applies a point; empty where there is none. */
  readonly codes: readonly string[];
  readonly unit: string;
  /** By which measure costs were told. */
  readonly by: string;
  readonly simulated: boolean;
}

export interface Changed {
  readonly kind: "changed";
  readonly settings: readonly string[];
  readonly layers: readonly string[];
  /** By layer, setting and sample: the first samples, or all. */
  readonly maps: readonly (readonly (readonly AttributionMap[])[])[];
}

export function readSensitivity(raw: Reader): Sensitivity {
  const texts = (name: string): string[] => raw.longStrings(name);
  const [layers, settings, measures] = [texts("layers"), texts("settings"), texts("measures")];
  const [similarities, explainers] = [texts("similarities"), texts("explainers")];
  const [mapLayers, runtimes, controls] = [
    texts("map_layers"),
    texts("runtimes"),
    texts("controls"),
  ];
  const [l, s, m, k] = [layers.length, settings.length, measures.length, similarities.length];
  const [p, c] = [explainers.length, controls.length];
  raw.check(l * s > 0 && l * s <= MAX_CELLS, `1 to ${MAX_CELLS} kernels with settings`);
  raw.check(p === mapLayers.length, "a layer for each explainer");
  raw.check(runtimes.length <= 8, "at most 8 runtimes");
  const doubles = (name: string, ...sides: number[]): Float64Array => {
    const { shape, data } = raw.array(name, "F64", sides.length);
    raw.check(shape.join() === sides.join(), `${name} of shape ${sides.join(", ")}`);
    return new Float64Array(data);
  };
  const stored = raw.array("stored", "U8", 2);
  raw.check(stored.shape.join() === [l, s].join(), `stored of shape ${l}, ${s}`);
  const [rows, samples] = [raw.number("rows"), raw.number("samples")];
  raw.check(samples >= 0 && samples <= rows, "as many rows as samples");
  return {
    kind: "sensitivity",
    ...{ layers, settings, measures, similarities, explainers, mapLayers, runtimes, controls },
    values: doubles("values", l, s, m),
    similarity: doubles("similarity", p, l, s, k),
    bits: doubles("bits", l, s),
    multiplyAdds: doubles("multiply_adds", l, s),
    dense: doubles("dense", l, 2),
    stored: new Uint8Array(stored.data),
    base: doubles("base", m),
    controlValues: doubles("control_values", c, m),
    controlSimilarity: doubles("control_similarity", p, c, k),
    ...{ rows, samples },
  };
}

export function readPlan(raw: Reader): Plan {
  const [layers, settings] = [raw.longStrings("layers"), raw.longStrings("settings")];
  const [measures, codes] = [raw.longStrings("measures"), raw.longStrings("codes")];
  const sizes = new Float64Array(raw.array("sizes", "F64", 1).data);
  raw.check(sizes.length > 0 && sizes.length <= MAX_POINTS, `1 to ${MAX_POINTS} points`);
  const numbers = (name: string): Float64Array => {
    const { shape, data } = raw.array(name, "F64", 2);
    const isEach = shape.join() === [sizes.length, measures.length].join();
    raw.check(isEach, "a value a point and measure");
    return new Float64Array(data);
  };
  const indices = (name: string, count: number): Int32Array => {
    const own = new Int32Array(raw.array(name, "I32", 1).data);
    const isKnown = own.every((at, i) => (i === 0 ? at === -1 : at >= 0 && at < count));
    raw.check(own.length === sizes.length && isKnown, `${name} as indices, -1 at the first`);
    return own;
  };
  raw.check(codes.length === sizes.length, "code for each point, or none");
  return {
    kind: "plan",
    ...{ layers, settings, measures, sizes, codes },
    layer: indices("layer", layers.length),
    setting: indices("setting", settings.length),
    added: numbers("added"),
    joint: numbers("joint"),
    unit: raw.text("unit"),
    by: raw.text("by"),
    simulated: raw.oneOf("simulated", ["true", "false"]) === "true",
  };
}

export function readChanged(raw: Reader): Changed {
  const [settings, layers] = [raw.longStrings("settings"), raw.longStrings("layers")];
  const isBounded = layers.length > 0 && layers.length <= MAX_PLACES;
  raw.check(isBounded, `1 to ${MAX_PLACES} layers`);
  const maps = layers.map((_, place) => readPlace(raw, place, settings.length));
  return { kind: "changed", settings, layers, maps };
}

function readPlace(raw: Reader, place: number, settings: number): AttributionMap[][] {
  const { shape, data } = raw.array(`values${place}`, "F16", 3, 4, 5, 6);
  const scales = raw.array(`scales${place}`, "F32", 2);
  const [count = 0, samples = 0, ...sides] = shape;
  raw.check(count === settings, "maps for each setting");
  raw.check(scales.shape.join() === [count, samples].join(), "a scale for each map");
  const by = new Float32Array(scales.data);
  raw.check(
    by.every((scale) => scale >= 0 && Number.isFinite(scale)),
    "finite scales >= 0",
  );
  const [width = 0, height = 1, ...rest] = [...sides].reverse();
  const depth = rest.reduce((all, side) => all * side, 1);
  const size = width * height * depth;
  const halves = new Uint16Array(data);
  const map = (at: number): AttributionMap => ({
    ...{ kind: "map", depth, height, width, rank: sides.length, scale: by[at] ?? 0 },
    halves: halves.subarray(at * size, (at + 1) * size),
    ...{ score: Number.NaN, target: -1, gap: undefined, error: undefined, passes: undefined },
    other: undefined,
  });
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: samples }, (_, j) => map(i * samples + j)),
  );
}

alsoDecode({ sensitivity: readSensitivity, plan: readPlan, changed: readChanged });
