/** Activations of a quantized model beside the float one's: twin of `tfexplain/wire/records/quantized.py`. */

import { type Moment, readMoment } from "./moment.ts";
import { isDistinct, type Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

const MAX_LAYERS = 1 << 16;
/** Columns of `values`, in their order. */
export const NUMBERS = [
  ...(["sqnr", "clipping", "kernelSqnr"] as const),
  ...(["referenceLow", "referenceHigh", "low", "high", "limitLow", "limitHigh"] as const),
] as const;

export interface Activations extends Moment {
  readonly kind: "activations";
  /** In call order, as the float model calls them. */
  readonly layers: readonly string[];
  /** [layers, NUMBERS]; NaN where a number cannot be known. */
  readonly values: Float64Array;
  /** Layers whose outputs the quantized model has not. */
  readonly missing: readonly string[];
  readonly rows: number;
  /** The float model, in words, or the name of its run. */
  readonly reference: string;
}

function readActivations(raw: Reader): Activations {
  const { shape, data } = raw.array("values", "F64", 2);
  const layers = raw.longStrings("layers");
  raw.check(layers.length > 0 && layers.length <= MAX_LAYERS, `1 to ${MAX_LAYERS} layers`);
  raw.check(isDistinct(layers), "each layer only once");
  const isWhole = shape[0] === layers.length && shape[1] === NUMBERS.length;
  raw.check(isWhole, "nine numbers for each layer");
  const rows = raw.number("rows");
  raw.check(Number.isSafeInteger(rows) && rows > 0, "rows above 0");
  return {
    kind: "activations",
    ...{ layers, values: new Float64Array(data), missing: raw.longStrings("missing"), rows },
    reference: raw.text("reference"),
    ...readMoment(raw),
  };
}

// With the script that shows them: the first one does not need it.
alsoDecode({ activations: readActivations });
