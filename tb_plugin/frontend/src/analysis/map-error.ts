/** How far a map may be off, as text. */

import type { AttributionMap } from "../format/records.ts";
import { plural, short } from "./numbers.ts";

export const ERROR_TITLE =
  "how far the map may be off from the exact integral, in percent of its largest magnitude.";

/** Empty where the method tells neither error nor passes. */
export function errorText({ error, passes }: AttributionMap): string {
  if (error === undefined && passes === undefined) return "";
  const after = passes === undefined ? "" : `after ${plural(passes, "pass", "passes")}`;
  if (error === undefined) return `not estimated; ${after}`;
  if (Number.isNaN(error)) return ["unknown: the map is not finite", after].join("; ");
  return `~${short(100 * error, 2)}% ${after}`.trim();
}
