/** How wide the columns of the grid are: one map, or as many tiles as there are. */

import { cellSize } from "../../draw/figure.ts";
import { sheetOf, squareSheet } from "../../draw/tiles.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";

/** How wide a column of the grid is, in pixels. */
export function columnWidth(dashboard: Dashboard, column: Column): number {
  const { view } = dashboard;
  if (column.kind === "map") return cellSize(column.layout, view.size).width;
  if (column.kind === "picture") return view.size;
  const sheet = column.kind === "matrix" ? squareSheet : sheetOf;
  return Math.max(view.size, sheet(tileCount(dashboard, column), view.size).width);
}

/** How many channels or heads are drawn. */
function tileCount({ scene, store }: Dashboard, column: Column): number {
  const counts = scene.shown.map(({ id, run }) => {
    const listed = run.groups.find((group) => group.group === column.group)?.content.shape[0];
    const sample = scene.fetched[0];
    const record = store.get(id, column.group, sample)?.points[0]?.record;
    if (record?.kind === "channels") return record.count;
    return record?.kind === "matrix" ? record.heads.length : (listed ?? 0);
  });
  return Math.max(1, ...counts);
}
