/** Which samples to list: pure questions about predictions and labels. */

import type { Predictions, Samples } from "../format/records.ts";

export type Verdict = "right" | "wrong" | "unknown";
export type FilterName = "all" | "wrong" | "changed";

/** Whether the predicted class is the label; unknown where there is no class to compare. */
export function verdict(
  samples: Samples | undefined,
  predictions: Predictions | undefined,
  sample: number,
): Verdict {
  if (samples?.labelKind !== "class" || !predictions) return "unknown";
  const [label, predicted] = [samples.labels[sample], predictions.predicted[sample]];
  if (label === undefined || Number.isNaN(label) || predicted === undefined || predicted < 0) {
    return "unknown";
  }
  return label === predicted ? "right" : "wrong";
}

/** Whether the predicted class of a sample ever differs between two epochs. */
export function changedMind(history: readonly Predictions[], sample: number): boolean {
  const classes = history.map((p) => p.predicted[sample]).filter((c) => c !== undefined && c >= 0);
  return classes.some((c) => c !== classes[0]);
}

/** The probability (or output) that stands behind a predicted class. */
export function confidence(predictions: Predictions, sample: number): number {
  const predicted = predictions.predicted[sample] ?? -1;
  const at = (k: number): number =>
    predictions.outputs[sample * predictions.width + k] ?? Number.NaN;
  if (predicted < 0) return at(0);
  // One sigmoid output stands for two classes; the other one's probability is the rest.
  if (predictions.width === 1 && predictions.activation === "sigmoid") {
    return predicted === 1 ? at(0) : 1 - at(0);
  }
  return at(predicted);
}

/** What a class number is called, or an output's where outputs are values. */
export function className(samples: Samples | undefined, index: number): string {
  const kind = samples?.labelKind === "value" ? "output" : "class";
  return samples?.classNames[index] ?? `${kind} ${index}`;
}

/** The label as text, empty where the sample has none. */
export function labelText(samples: Samples | undefined, sample: number): string {
  const label = samples?.labels[sample];
  if (!samples || label === undefined || Number.isNaN(label)) return "";
  // A label is what the user gave: all its digits, but not the noise of float32.
  return samples.labelKind === "class"
    ? className(samples, label)
    : String(Number(label.toPrecision(6)));
}
