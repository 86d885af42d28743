/** When a record was made, and of which weights it is, in words. */

import type { Moment } from "../format/moment.ts";

/** `epoch 19, after training, with the weights of epoch 7`. */
export function whenText(now: Moment | undefined, step: number): string {
  const after = now?.moment === "end" ? ", after training" : "";
  return `epoch ${step}${after}${now ? weightsText(now, step) : ""}`;
}

/** Whether a record is of other weights than those that its epoch ended with. */
export function hasOtherWeights(now: Moment, step: number): boolean {
  return weightsText(now, step) !== "";
}

/** Nothing for the epoch's own weights, and for logs that do not tell. */
function weightsText({ moment, weights }: Moment, step: number): string {
  if (weights === undefined || weights === step) return "";
  if (weights !== null) return `, with the weights of epoch ${weights}`;
  return moment === "end" ? ", with weights that no epoch ended with" : "";
}
