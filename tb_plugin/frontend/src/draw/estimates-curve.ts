/** Numbers with intervals as a curve of the timeline. */

import type { TotalAt } from "../analysis/evaluated-totals.ts";
import type { ShownRun } from "../state/runs.ts";
import type { Curve } from "./tracks.ts";

/** A curve with the intervals as its range; none of nothing. */
export function estimatesCurve(
  run: ShownRun,
  metric: string,
  own: readonly TotalAt[],
  dash: readonly number[] = [],
): Curve[] {
  const points = own.map(({ step, value }) => [step, value] as const);
  const range = own
    .filter(({ low, high }) => Number.isFinite(low + high))
    .map(({ step, low, high }) => [step, low, high] as const);
  return points.length > 0 ? [{ run, metric, points, range, dash }] : [];
}
