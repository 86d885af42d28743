/** Which metrics share a track: those that rise when the model improves, those that fall, the rest. */

export type TrackName = "accuracy" | "loss" | "other";

const RISING = /acc|auc|precision|recall|f1|iou|r2|top_?k|dice|similarity/i;
const FALLING = /loss|error|mse|mae|msle|mape|entropy|divergence|hinge|poisson|logcosh/i;

export function trackOf(metric: string): TrackName {
  if (FALLING.test(metric)) return "loss";
  return RISING.test(metric) ? "accuracy" : "other";
}

/** Validation curves are drawn solid: they are the ones to judge by. */
export function isValidation(metric: string): boolean {
  return metric.startsWith("val_");
}
