/** The record of clusters of maps: twin of `Clusters` in `tfexplain/wire/records/clustered.py`. */

import { FEATURE_KINDS, type FeatureKind } from "../tables.ts";
import { count, type MeanPicture, sizes } from "./exchanged.ts";
import { type Moment, readMoment } from "./moment.ts";
import { hashesOf, type Reader, wholes } from "./reader.ts";

const MAX_FEATURES = 4096;
const MAX_CLUSTERS = 2048;
const MAX_SIDE = 256;

/** Rows of one class that are explained alike. */
export interface Cluster {
  /** The class; -1 where a value is explained. */
  readonly label: number;
  /** [F]: the mean of its maps, each of length 1. */
  readonly mean: Float32Array;
  /** Which of the rows is most like the mean, and that row where it is a picture. */
  readonly example: number;
  readonly picture: MeanPicture | undefined;
  /** A small window, on the grid, with the share of its evidence and of the class's others there. */
  readonly corner: readonly number[];
  readonly size: readonly number[];
  readonly held: number;
  readonly elsewhere: number;
}

export interface Clusters extends Moment {
  readonly kind: "clusters";
  /** Where the rows stand in the data, what they hold, and the class that is explained of each. */
  readonly rows: readonly number[];
  readonly hashes: readonly string[];
  readonly classes: Int32Array;
  /** The cluster of each row, -1 without evidence; and where it lies: x and y, row by row. */
  readonly of: Int32Array;
  readonly positions: Float32Array;
  readonly clusters: readonly Cluster[];
  readonly names: readonly string[];
  readonly feature: FeatureKind;
  readonly explainer: string;
  /** Of the grid of places. */
  readonly sides: readonly number[];
  readonly passes: number;
}

export function readClusters(raw: Reader): Clusters {
  const [rows, hashes] = [wholes(raw, "rows"), hashesOf(raw)];
  const [classes, of] = [integers(raw, "classes"), integers(raw, "clusters")];
  const positions = raw.array("positions", "F32", 2);
  const isEach = [hashes, classes, of].every(({ length }) => length === rows.length);
  raw.check(isEach, "one entry a row");
  raw.check(`${positions.shape}` === `${[rows.length, 2]}`, "a position of each row");
  const names = raw.longStrings("names");
  const known = names.length;
  raw.check(known > 0 && known <= MAX_FEATURES, `1 to ${MAX_FEATURES} features`);
  const feature = raw.oneOf("feature", FEATURE_KINDS);
  const said = raw.json("sides");
  const sides = sizes(raw, "sides", Array.isArray(said) ? said.length : 0);
  const places = sides.reduce((a, b) => a * b, 1);
  const fits = feature === "place" ? places === known : sides.length === 0;
  raw.check(fits && sides.length <= 3, "a grid of all places, and else none");
  const clusters = readEach(raw, known, sides, rows.length);
  raw.check(
    of.every((one) => one >= -1 && one < clusters.length),
    "clusters that are there",
  );
  return {
    kind: "clusters",
    ...{ rows, hashes, classes, of, clusters, names, feature, sides },
    positions: new Float32Array(positions.data),
    explainer: raw.text("explainer"),
    passes: count(raw, "passes"),
    ...readMoment(raw),
  };
}

function readEach(raw: Reader, known: number, sides: readonly number[], rows: number): Cluster[] {
  const [whose, examples] = [integers(raw, "whose"), integers(raw, "examples")];
  const [held, elsewhere] = [doubles(raw, "held"), doubles(raw, "elsewhere")];
  const { length } = whose;
  raw.check(length <= MAX_CLUSTERS, `at most ${MAX_CLUSTERS} clusters`);
  const isEach = [examples, held, elsewhere].every((one) => one.length === length);
  raw.check(isEach, "one entry a cluster");
  raw.check(
    examples.every((one) => one >= 0 && one < rows),
    "examples that are there",
  );
  const means = raw.array("means", "F32", 2);
  raw.check(`${means.shape}` === `${[length, known]}`, "a mean of each cluster");
  const axes = sides.length > 1 ? sides.length : 0;
  const [corners, extents] = ["corners", "sizes"].map((name) => {
    const { shape, data } = raw.array(name, "I32", 2);
    raw.check(`${shape}` === `${[length, axes]}`, "a place of each cluster");
    return new Int32Array(data);
  }) as [Int32Array, Int32Array];
  const pictures = readPictures(raw, length);
  const values = new Float32Array(means.data);
  return Array.from(whose, (label, i) => {
    const [corner, size] = [corners, extents].map((all) => [
      ...all.subarray(i * axes, (i + 1) * axes),
    ]) as [number[], number[]];
    const isInside = corner.every((at, axis) => {
      const own = size[axis] ?? 0;
      return at >= 0 && own > 0 && at + own <= (sides[axis] ?? 0);
    });
    raw.check(isInside, "places on the grid");
    return {
      ...{ label, corner, size, picture: pictures[i] },
      mean: values.subarray(i * known, (i + 1) * known),
      example: examples[i] ?? 0,
      held: held[i] ?? Number.NaN,
      elsewhere: elsewhere[i] ?? Number.NaN,
    };
  });
}

function readPictures(raw: Reader, length: number): MeanPicture[] {
  const { shape, data } = raw.array("pictures", "U8", 4);
  const [all = 0, height = 0, width = 0, channels = 0] = shape;
  raw.check(all === 0 || all === length, "a picture of each example, or none");
  raw.check(channels === 1 || channels === 3, "pictures of 1 or 3 channels");
  const fits = Math.max(height, width) <= MAX_SIDE;
  raw.check(fits, `pictures of up to ${MAX_SIDE} pixels a side`);
  const size = height * width * channels;
  if (size === 0) return [];
  return Array.from({ length: all }, (_, i) => ({
    bytes: new Uint8Array(data, i * size, size),
    ...{ height, width, channels },
  }));
}

function integers(raw: Reader, name: string): Int32Array {
  return new Int32Array(raw.array(name, "I32", 1).data);
}

function doubles(raw: Reader, name: string): Float64Array {
  return new Float64Array(raw.array(name, "F64", 1).data);
}
