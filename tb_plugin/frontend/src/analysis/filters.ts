/** Which samples to list: pure questions about predictions and labels. */

import type { Predictions, Samples } from "../format/records.ts";

export type Verdict = "right" | "wrong" | "unknown";
export type FilterName = "all" | "wrong" | "changed";

/**
 * Whether the predicted class is the label; unknown where there is no class to compare. Of labels
 * that do not exclude each other, all of them have to be predicted, and no other.
 */
export function verdict(
  samples: Samples | undefined,
  predictions: Predictions | undefined,
  sample: number,
): Verdict {
  if (samples?.labelKind !== "class" || !predictions) return "unknown";
  const several = predictedSet(predictions, sample);
  const labels = samples.labelSets?.[sample];
  if (several && labels) {
    return several.join() === labels.join() ? "right" : "wrong";
  }
  const [label, predicted] = [samples.labels[sample], predictions.predicted[sample]];
  if (label === undefined || Number.isNaN(label) || predicted === undefined || predicted < 0) {
    return "unknown";
  }
  if (labels) return labels.includes(predicted) ? "right" : "wrong";
  return label === predicted ? "right" : "wrong";
}

/** The labels that are predicted where these do not exclude each other; undefined elsewhere. */
export function predictedSet(predictions: Predictions, sample: number): number[] | undefined {
  const { activation, width, outputs, predicted } = predictions;
  if (activation !== "sigmoid" || width < 2 || (predicted[sample] ?? -1) < 0) return undefined;
  const own = outputs.subarray(sample * width, (sample + 1) * width);
  return [...own.keys()].filter((label) => (own[label] ?? 0) > 0.5);
}

/** Several classes by their names: `cat, dog`. */
export function classNames(samples: Samples | undefined, classes: readonly number[]): string {
  return classes.map((index) => className(samples, index)).join(", ");
}

/** Whether the predicted class of a sample ever differs between two epochs. */
export function changedMind(history: readonly Predictions[], sample: number): boolean {
  const classes = history
    .filter((p) => (p.predicted[sample] ?? -1) >= 0)
    .map((p) => predictedSet(p, sample)?.join() ?? p.predicted[sample]);
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

/** The class that a map explains; of a difference `3 − 8`. */
export function targetText(
  samples: Samples | undefined,
  { target, minus }: { readonly target: number; readonly minus?: number },
): string {
  const other = minus === undefined ? "" : ` − ${className(samples, minus)}`;
  return className(samples, target) + other;
}

/** All labels of a sample that are classes. */
export function labelsOf(samples: Samples | undefined, sample: number): readonly number[] {
  const label = samples?.labels[sample] ?? Number.NaN;
  return samples?.labelSets?.[sample] ?? (Number.isNaN(label) ? [] : [label]);
}

/** The label as text, all of several; empty where the sample has none. */
export function labelText(samples: Samples | undefined, sample: number): string {
  const several = samples?.labelSets?.[sample];
  if (several) return classNames(samples, several);
  const label = samples?.labels[sample];
  if (!samples || label === undefined || Number.isNaN(label)) return "";
  // A label is what the user gave: all its digits, but not the noise of float32.
  return samples.labelKind === "class"
    ? className(samples, label)
    : String(Number(label.toPrecision(6)));
}
