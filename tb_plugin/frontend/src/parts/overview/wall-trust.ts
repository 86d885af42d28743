/** What maps of the wall are sorted by where it is trust: how bad the worst of a sample is. */

import { shortfall, trustText } from "../../analysis/trust.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type Choice, worstOf } from "../../state/trusted.ts";

/** Beside chance: the largest is the worst. */
export function trustShortfall(dashboard: Dashboard, choice: Choice, sample: number): number {
  const worst = worstOf(dashboard, choice, sample);
  return worst ? shortfall(worst) : Number.NaN;
}

/** `0.59`: the number itself, for how far it is from chance has no name. */
export function trustTold(dashboard: Dashboard, choice: Choice, sample: number): string {
  const worst = worstOf(dashboard, choice, sample);
  return worst ? trustText(worst.value) : "";
}
