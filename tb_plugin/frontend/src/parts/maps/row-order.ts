/** In which order a cursor goes through positions that lie in one row. */

import { isRow } from "../../analysis/layouts.ts";
import type { Figure } from "../../draw/figure.ts";

/** Positions in the order of a row's cursor: words without padding, features as listed. */
export function rowOrder({ layout, plane, order, input }: Figure): readonly number[] | undefined {
  if (layout === "features") return order;
  if (!isRow(layout)) return undefined;
  const all = Array.from({ length: plane?.width ?? 0 }, (_, i) => i);
  return layout === "tokens" ? all.filter((i) => input?.words[i] !== "") : all;
}
