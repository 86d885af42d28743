/** Outputs of the layers of a quantized model beside the float one's: what is lost, and where. */

import { recordsOf, type Series } from "../data/series.ts";
import { type Activations, NUMBERS } from "../format/quantized.ts";
import { metricText, shareText } from "./compression.ts";
import { memo } from "./memo.ts";
import { short } from "./numbers.ts";

export type Ends = readonly [low: number, high: number];

/** One layer; NaN where a number cannot be known. */
export interface LayerError {
  readonly layer: string;
  /** Of the outputs, in dB, errors of the layers before included. */
  readonly sqnr: number;
  /** dB less than at the layer before; infinite at the first that has an error. */
  readonly lost: number;
  readonly clipping: number;
  readonly kernelSqnr: number;
  readonly reference: Ends;
  readonly range: Ends;
  readonly limits: Ends;
}

/** All layers, in call order. */
export const errorsOf = memo(({ layers, values }: Activations): readonly LayerError[] => {
  const width = NUMBERS.length;
  const at = (row: number, name: (typeof NUMBERS)[number]): number =>
    values[row * width + NUMBERS.indexOf(name)] ?? Number.NaN;
  return layers.map((layer, i): LayerError => {
    const sqnr = at(i, "sqnr");
    const before = i > 0 ? at(i - 1, "sqnr") : Number.POSITIVE_INFINITY;
    return {
      ...{ layer, sqnr, clipping: at(i, "clipping"), kernelSqnr: at(i, "kernelSqnr") },
      lost: before === sqnr ? 0 : before - sqnr,
      reference: [at(i, "referenceLow"), at(i, "referenceHigh")],
      range: [at(i, "low"), at(i, "high")],
      limits: [at(i, "limitLow"), at(i, "limitHigh")],
    };
  });
});

/** A loss below this doubles no error: 6 dB do. */
const LEAST = 3;
const MARKED = 3;

/** The layers at which most is lost; at the first with an error, from the longest bar on. */
export function worstLosses(record: Activations, most: number): ReadonlySet<string> {
  const found = errorsOf(record).flatMap(({ layer, lost, sqnr }) => {
    const size = Number.isFinite(lost) ? lost : most - sqnr;
    return size >= LEAST ? [{ layer, size }] : [];
  });
  found.sort((a, b) => b.size - a.size);
  return new Set(found.slice(0, MARKED).map(({ layer }) => layer));
}

/** What the longest bar stands for: of all epochs, so that bars of several can be compared. */
export function mostDecibels(all: readonly (Series | undefined)[]): number {
  let most = 0;
  for (const record of all.flatMap((series) => recordsOf(series, "activations"))) {
    for (const { sqnr, kernelSqnr } of errorsOf(record)) {
      for (const value of [sqnr, kernelSqnr])
        if (Number.isFinite(value)) most = Math.max(most, value);
    }
  }
  return Math.max(10, 10 * Math.ceil(most / 10));
}

/** Where a number of decibels lies on the way to the longest bar. */
export function shareOfMost(value: number, most: number): number {
  return Number.isNaN(value) ? Number.NaN : Math.min(Math.max(value / most, 0), 1);
}

/** The SQNR of a layer by step. */
export function overEpochs(
  series: Series | undefined,
  layer: string,
): [step: number, sqnr: number][] {
  return (series?.points ?? []).flatMap(({ step, record }) => {
    if (record?.kind !== "activations") return [];
    const found = errorsOf(record).find((one) => one.layer === layer);
    return found ? [[step, found.sqnr]] : [];
  });
}

/** The ends of what is drawn of a layer's ranges. */
export function extentOf({ reference, range, limits }: LayerError): Ends {
  const all = [...reference, ...range, ...limits, 0].filter(Number.isFinite);
  return [Math.min(...all), Math.max(...all)];
}

/** `36.1 dB`, `no error`; a dash where it is not known. */
export function decibelText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "no error" : metricText("dB", value);
}

/** What is said of the loss at a layer; empty where nothing is. */
export function lossText(lost: number): string {
  if (lost === Number.POSITIVE_INFINITY) return "first error";
  return lost >= LEAST ? `−${lost.toFixed(1)} dB` : "";
}

/** `float −1.2 to 3.4; quantized −1 to 3; codes −1 to 3; 0.2% clipped`. */
export function rangesText(one: LayerError): string {
  const told = [`float ${spanText(one.reference)}`, `quantized ${spanText(one.range)}`];
  if (one.limits.every(Number.isFinite)) told.push(`codes reach ${spanText(one.limits)}`);
  if (!Number.isNaN(one.clipping)) told.push(`${shareText(one.clipping)} clipped`);
  return told.join("\n");
}

export function spanText([low, high]: Ends): string {
  return `${short(low)} to ${short(high)}`;
}
