/** When a record was made, and of which weights it is, in words. */

import type { Moment } from "../format/moment.ts";
import { type Dated, epochText, fromText } from "./epochs.ts";

/** `epoch 19, after training, with the weights of epoch 7`. */
export function whenText(now: Moment | undefined, step: number): string {
  const after = now?.moment === "end" ? "after training" : "";
  return [`epoch ${epochText(step)}`, after, weightsText(now, step)].filter(Boolean).join(", ");
}

/** `with the weights of epoch 7`; empty for the epoch's own, and in logs that do not tell. */
export function weightsText(now: Moment | undefined, step: number | undefined): string {
  if (now?.weights === undefined || now.weights === step) return "";
  if (now.weights !== null) return `with the weights of epoch ${epochText(now.weights)}`;
  return now.moment === "end" ? "with weights that no epoch ended with" : "";
}

/** The same where there is room for few words only. */
export function briefOrigin(known: Dated & { readonly record: Moment | undefined }): string {
  return fromText(known) || (weightsText(known.record, known.step) && "other weights");
}

/** What is said of a record that is not of the playhead's epoch, or not of its epoch's weights. */
export function originText(known: Dated & { readonly record: Moment | undefined }): string {
  return [fromText(known), weightsText(known.record, known.step)].filter(Boolean).join(", ");
}
