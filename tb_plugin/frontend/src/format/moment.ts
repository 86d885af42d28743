/** When a record was made, and of which weights: twin of `tfexplain/wire/records/moments.py`. */

import { MOMENTS, type MomentKind } from "../tables.ts";
import { stepOf } from "./clock.ts";
import type { Reader } from "./reader.ts";

export interface Moment {
  readonly moment: MomentKind;
  /**
   * The step at whose end the model had these weights; null where no epoch ended with them;
   * undefined in logs of older versions.
   */
  readonly weights: number | null | undefined;
}

export function readMoment(raw: Reader): Moment {
  const moment = raw.has("moment") ? raw.oneOf("moment", MOMENTS) : "epoch";
  if (!raw.has("weights")) return { moment, weights: undefined };
  if (raw.text("weights") === "") return { moment, weights: null };
  const weights = raw.number("weights");
  raw.check(Number.isSafeInteger(weights) && weights >= 0, "weights of a step >= 0");
  return { moment, weights: stepOf(weights) };
}
