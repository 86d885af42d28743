/** Which layer's channels are shown first: one that has something to see. */

import { isFlat } from "../analysis/constancy.ts";
import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Column } from "./columns.ts";
import type { ShownRun } from "./runs.ts";

/** As many as networks for pictures of 224 pixels end with. */
const SIDE = 7;

/**
 * The deepest layer with at least `SIDE` positions a side, else the one with most positions; a layer
 * whose maps are flat at the last epoch only where there is no other. Columns are in the model's
 * order.
 */
export function firstChannels(
  columns: readonly Column[],
  shown: readonly ShownRun[],
  store: Pick<Store, "get">,
): Column | undefined {
  const all = columns.filter(({ kind }) => kind === "channels");
  const lively = all.filter((column) => !areFlat(column, shown, store));
  const candidates = (lively.length > 0 ? lively : all).map((column) => ({
    column,
    ...sizeOf(column, shown),
  }));
  const deep = candidates.findLast(({ side }) => side >= SIDE);
  if (deep) return deep.column;
  const most = Math.max(...candidates.map(({ positions }) => positions));
  return candidates.findLast(({ positions }) => positions === most)?.column;
}

/** The positions of a layer, and its shortest side; a sequence has one. */
function sizeOf({ group }: Column, shown: readonly ShownRun[]) {
  const contents = shown.flatMap(({ run }) => run.groups.filter((one) => one.group === group));
  const [, ...sides] = contents[0]?.content.shape ?? [];
  const long = sides.length === 2 && sides[0] === 1 ? sides.slice(1) : sides;
  return { side: Math.min(...long), positions: sides.reduce((a, b) => a * b, 1) };
}

/** Whether nothing can be seen in any map that is there; false where none is yet. */
function areFlat(
  { group }: Column,
  shown: readonly ShownRun[],
  store: Pick<Store, "get">,
): boolean {
  const records = shown.flatMap(({ id, run }) => {
    const samples = run.groups.find((one) => one.group === group)?.samples ?? [];
    return samples.flatMap((sample) =>
      recordsOf(store.get(id, group, sample), "channels").slice(-1),
    );
  });
  return records.length > 0 && records.every(isFlat);
}
