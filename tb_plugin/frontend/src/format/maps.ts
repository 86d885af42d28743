/** What explainers found, of one sample: maps, channels of layers, attention. */

import { widen } from "./half.ts";
import type { Reader } from "./reader.ts";

/** `halves` are float16 bits of value / scale: what is kept is what was sent. */
export interface AttributionMap {
  readonly kind: "map";
  readonly halves: Uint16Array;
  /** How many slices a volume has; 1 for other maps. */
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  readonly rank: number;
  readonly scale: number;
  readonly score: number;
  readonly target: number;
  readonly gap: number | undefined;
  /** How far the map may be off, relative to its largest magnitude; NaN if it is not finite. */
  readonly error: number | undefined;
  readonly passes: number | undefined;
  /** Of a sample that is predicted wrongly: the map of a second class, of the same sides. */
  readonly other: OtherClass | undefined;
  /** Of a difference of two classes' maps: the class that was taken away. */
  readonly minus?: number;
}

export interface OtherClass {
  readonly halves: Uint16Array;
  readonly scale: number;
  readonly score: number;
  readonly target: number;
}

export interface Channels {
  readonly kind: "channels";
  readonly halves: Uint16Array;
  readonly count: number;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  readonly scales: Float32Array;
  readonly channels: Int32Array;
  readonly dead: Uint8Array;
  /** Of all channels of the layer, by number: their shares in the explained evidence. */
  readonly shares: Float32Array | undefined;
}

/** How much each query (rows) attends to each key (columns), one scale for all heads. */
export interface AttentionMatrix {
  readonly kind: "matrix";
  readonly halves: Uint16Array;
  readonly heads: Int32Array;
  readonly height: number;
  readonly width: number;
  readonly scale: number;
}

/** A matrix as a volume whose slices are the heads, so that what maps can do it can too. */
export function asMap(matrix: AttentionMatrix): AttributionMap {
  const known = asMaps.get(matrix);
  if (known) return known;
  const { halves, heads, height, width, scale } = matrix;
  const made: AttributionMap = {
    ...{ kind: "map", rank: 3, halves, depth: heads.length, height, width, scale },
    ...{ score: Number.NaN, target: -1, gap: undefined, error: undefined, passes: undefined },
    other: undefined,
  };
  asMaps.set(matrix, made);
  return made;
}

const asMaps = new WeakMap<AttentionMatrix, AttributionMap>();

export function readMap(raw: Reader): AttributionMap {
  const { shape, data } = raw.array("values", "F16", 1, 2, 3);
  const [width = 0, height = 1, depth = 1] = [...shape].reverse();
  return {
    kind: "map",
    halves: new Uint16Array(data),
    depth,
    height,
    width,
    rank: shape.length,
    scale: scaleOf(raw),
    score: raw.number("score"),
    target: raw.number("target"),
    gap: raw.text("gap") === "" ? undefined : raw.number("gap"),
    error: optional(raw, "error"),
    passes: optional(raw, "passes"),
    other: raw.hasArray("other") ? readOther(raw, shape) : undefined,
  };
}

function readOther(raw: Reader, sides: readonly number[]): OtherClass {
  const { shape, data } = raw.array("other", "F16", sides.length);
  raw.check(shape.join() === sides.join(), "maps of both classes of one shape");
  return {
    halves: new Uint16Array(data),
    scale: scaleOf(raw, "other_scale"),
    score: raw.number("other_score"),
    target: raw.number("other_target"),
  };
}

/** A number >= 0 that older logs lack. */
function optional(raw: Reader, key: string): number | undefined {
  if (!raw.has(key)) return undefined;
  const value = raw.number(key);
  raw.check(!(value < 0), `${key} >= 0`);
  return value;
}

export function readChannels(raw: Reader): Channels {
  const { shape, data } = raw.array("values", "F16", 3, 4);
  const [count = 0, ...sides] = shape;
  const [width = 0, height = 0, depth = 1] = sides.reverse();
  const scales = new Float32Array(raw.array("scales", "F32", 1).data);
  const channels = new Int32Array(raw.array("channels", "I32", 1).data);
  const dead = new Uint8Array(raw.array("dead", "U8", 1).data);
  const lengths = [scales.length, channels.length, dead.length];
  raw.check(
    lengths.every((n) => n === count),
    "one length for all arrays",
  );
  const shares = raw.hasArray("shares") ? readShares(raw) : undefined;
  const isIn = (channel: number): boolean => channel >= 0 && channel < (shares?.length ?? 0);
  raw.check(!shares || channels.every(isIn), "a share for each channel");
  return {
    kind: "channels",
    halves: new Uint16Array(data),
    count,
    depth,
    height,
    width,
    scales,
    channels,
    dead,
    shares,
  };
}

function readShares(raw: Reader): Float32Array {
  const { data } = raw.array("shares", "F16", 1);
  return widen(new Uint16Array(data), scaleOf(raw, "shares_scale"));
}

/** A picture that an explainer made: one byte a colour, row by row. */
export interface PictureRecord {
  readonly kind: "picture";
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB, 4 for RGBA. */
  readonly channels: number;
}

export function readPicture(raw: Reader): PictureRecord {
  const { shape, data } = raw.array("values", "U8", 3);
  const [height = 0, width = 0, channels = 0] = shape;
  raw.check([1, 3, 4].includes(channels), "1, 3 or 4 channels");
  raw.check(height > 0 && width > 0, "a side of at least one pixel");
  return { kind: "picture", bytes: new Uint8Array(data), height, width, channels };
}

export function readMatrix(raw: Reader): AttentionMatrix {
  const { shape, data } = raw.array("values", "F16", 3);
  const heads = new Int32Array(raw.array("attention_heads", "I32", 1).data);
  raw.check(shape[0] === heads.length, "one number for each head");
  const [, height = 0, width = 0] = shape;
  return {
    kind: "matrix",
    halves: new Uint16Array(data),
    heads,
    height,
    width,
    scale: scaleOf(raw),
  };
}

function scaleOf(raw: Reader, key = "scale"): number {
  const scale = raw.number(key);
  raw.check(Number.isFinite(scale) && scale >= 0, "a finite scale >= 0");
  return scale;
}
