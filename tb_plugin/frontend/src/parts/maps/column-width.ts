/** How wide the columns of the grid are, and how large maps can be for all of them to have room. */

import { MOST_TILES } from "../../analysis/channel-shares.ts";
import { fittingSize } from "../../analysis/fitting.ts";
import { cellSize } from "../../draw/figure.ts";
import { sheetOf, squareSheet } from "../../draw/sheet.ts";
import { firstTiles } from "../../state/channel-order.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";

/** Between the cells of one explainer, and between explainers. */
const CELL_GAP = 16;
const COLUMN_GAP = 18;
/** What stands above and below a map: its legend, the run's name, its numbers. */
const AROUND = 170;

/** Whether there is a difference between two runs' maps of a column. */
export function canSubtract({ kind }: Column): boolean {
  return kind === "map" || kind === "matrix";
}

/** How wide one cell of a column is, in pixels. */
export function columnWidth(dashboard: Dashboard, column: Column, size = dashboard.size): number {
  if (column.kind === "map") return cellSize(column.layout, size).width;
  if (column.kind === "picture") return size;
  const sheet = column.kind === "matrix" ? squareSheet : sheetOf;
  return Math.max(size, sheet(tileCount(dashboard, column), size).width);
}

/** How large maps can be in a room of this size. */
export function roomySize(dashboard: Dashboard, width: number, height: number): number {
  const { shown, shownColumns, pair } = dashboard.scene;
  const widthsOf = (size: number): number[] =>
    shownColumns.map((column) => {
      const gap = column.kind === "channels" ? COLUMN_GAP : CELL_GAP;
      const count = shown.length + (pair && canSubtract(column) ? 1 : 0);
      return count * (columnWidth(dashboard, column, size) + gap) - gap;
    });
  return fittingSize(widthsOf, width, COLUMN_GAP, height - AROUND);
}

/** How many channels or heads are drawn. */
function tileCount({ scene, store }: Dashboard, column: Column): number {
  const counts = scene.shown.map(({ id, run }) => {
    const listed = run.groups.find((group) => group.group === column.group)?.content.shape[0];
    const sample = scene.fetched[0];
    const record = store.get(id, column.group, sample)?.points[0]?.record;
    if (record?.kind === "matrix") return record.heads.length;
    const tiles = firstTiles({ scene, store }, id, column, sample ?? -1).length;
    return tiles || Math.min(listed ?? 0, MOST_TILES);
  });
  return Math.max(1, ...counts);
}
