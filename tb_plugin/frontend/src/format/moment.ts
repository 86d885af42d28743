/** When a record was made, and of which weights: twin of `tfexplain/wire/records/moments.py`. */

import type { Reader } from "./reader.ts";
import { RecordError } from "./safetensors.ts";

export interface Moment {
  readonly moment: "epoch" | "end";
  /**
   * The step at whose end the model had these weights; null where no epoch ended with them;
   * undefined in logs of older versions.
   */
  readonly weights: number | null | undefined;
}

export function readMoment(raw: Reader, kind: string): Moment {
  const moment = raw.has("moment") ? raw.text("moment") : "epoch";
  if (moment !== "epoch" && moment !== "end") {
    throw new RecordError(`${kind}: expected moment epoch or end`);
  }
  if (!raw.has("weights")) return { moment, weights: undefined };
  if (raw.text("weights") === "") return { moment, weights: null };
  const weights = raw.number("weights");
  raw.check(Number.isSafeInteger(weights) && weights >= 0, "weights of a step >= 0");
  return { moment, weights };
}
