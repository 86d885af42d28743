/** From the dashboard to one figure: the map, what it lies over, and how it is coloured. */

import { type InputValues, inputOfSample } from "../../analysis/input-values.ts";
import { isRow, sliceIn, sliceRect } from "../../analysis/layouts.ts";
import { isNoise, type Scale, scaleOf } from "../../analysis/magnitudes.ts";
import { attentionText, type PositionContext, positionText } from "../../analysis/map-text.ts";
import { memoBy } from "../../analysis/memo.ts";
import { orderBySize } from "../../analysis/statistics.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import type { Content, Input } from "../../data/listing.ts";
import { type Known, knownAt, recordsOf, type Series } from "../../data/series.ts";
import type { Figure } from "../../draw/figure.ts";
import { colouringOf, isCoarse, planeOf } from "../../draw/map-layers.ts";
import { NO_PALETTE, type Palette, PLATE_PALETTE } from "../../draw/palette.ts";
import type { Plane } from "../../draw/plane.ts";
import { widen } from "../../format/half.ts";
import { type AttributionMap, asMap } from "../../format/maps.ts";
import type { Values } from "../../format/records.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Scene } from "../../state/scene.ts";
import type { Layout } from "../../tables.ts";
import { outlinesUnder } from "./map-regions.ts";

/** Which cell of the grid: one map on the page. */
export interface CellAddress {
  readonly run: ShownRun;
  readonly column: Column;
  readonly sample: number;
}

export function contentOf(run: ShownRun, group: string): Content | undefined {
  return run.run.groups.find((one) => one.group === group)?.content;
}

/** The `inputs/` or `values/` series that a group's maps lie over. */
export function inputOf(
  run: ShownRun,
  { group, layout }: Pick<Column, "group" | "layout">,
): string {
  const named = contentOf(run, group)?.input;
  // Logs that do not say it mean the first picture; what is no plane lies over none.
  return named || (layout === "plane" ? (run.run.inputs[0]?.name ?? "") : "");
}

export function inputValuesOf(dashboard: Dashboard, cell: CellAddress): InputValues | undefined {
  const { run, column, sample } = cell;
  return inputValues(dashboard, run, inputOf(run, column), sample);
}

/** What an input is for all samples, where it is no picture. */
export function inputRecord({ store }: Dashboard, run: ShownRun, name: string): Values | undefined {
  const series = name ? store.get(run.id, `values/${name}`) : undefined;
  return recordsOf(series, "values").at(-1);
}

/** What an input is for a sample, where it is no picture. */
export function inputValues(
  dashboard: Dashboard,
  run: ShownRun,
  name: string,
  sample: number,
): InputValues | undefined {
  return inputOfSample(inputRecord(dashboard, run, name), sample);
}

export function wordsOf(dashboard: Dashboard, cell: CellAddress): readonly string[] {
  return inputValuesOf(dashboard, cell)?.words ?? [];
}

/** The picture under a map, shown `side` pixels large; of a volume the slice that is shown. */
export function pictureOf(
  dashboard: Dashboard,
  cell: CellAddress,
  side: number,
): Pixels | undefined {
  const { run, column, sample } = cell;
  if (column.kind === "channels") return undefined;
  return pictureOfInput(dashboard, run, inputOf(run, column), sample, side);
}

export function pictureOfInput(
  dashboard: Dashboard,
  run: ShownRun,
  name: string,
  sample: number,
  side: number,
): Pixels | undefined {
  const picture = dashboard.store.picture(run.id, name, sample);
  if (!picture) return undefined;
  const { bitmaps } = dashboard.store;
  const pixels = side * (window.devicePixelRatio || 1);
  const input = run.run.inputs.find((one) => one.name === name);
  if (input?.layout !== "volume") return bitmaps.get(picture, pixels);
  const { width, height } = sliceRect(input.shape, 0);
  const slices = Math.max(picture.width / width, picture.height / height);
  const sheet = bitmaps.get(picture, pixels * (slices >= 1 ? slices : 1));
  return sheet && cutSlice(sheet, sliceOf(dashboard, input.shape[0] ?? 1), input);
}

/** A slice of a sheet; the same object each time, so that nothing is drawn again for it. */
const cutSlice = memoBy((sheet: Pixels, slice: number, { shape }: Input): Pixels | undefined => {
  const { x, y, width, height } = sliceRect(shape, slice);
  const isInside = x + width <= sheet.width && y + height <= sheet.height;
  if (!(width > 0 && height > 0 && isInside)) return undefined;
  const [across, down] = [sheet.part.width / sheet.width, sheet.part.height / sheet.height];
  const part = { x: x * across, y: y * down, width: width * across, height: height * down };
  return { bitmap: sheet.bitmap, part, width, height };
});

/** The shown slice of a volume of `depth` slices. */
export function sliceOf({ view, scene }: Dashboard, depth: number): number {
  const deepest = Math.max(scene.depth, 1);
  return sliceIn(depth, Math.min(view.slice ?? Math.floor(deepest / 2), deepest - 1), deepest);
}

/** What a series holds at an epoch as a map; of attention, a slice is a head. */
export function mapAt(series: Series | undefined, step: number): Known<AttributionMap> {
  const matrix = knownAt(series, "matrix", step);
  if (!matrix.record) return knownAt(series, "map", step);
  return { ...matrix, record: asMap(matrix.record) };
}

/** Which part of a map is shown: a slice of a volume, or a head. */
export function partOf(dashboard: Dashboard, column: Column, depth: number): number {
  if (column.kind === "matrix") return Math.min(dashboard.view.head, depth - 1);
  return depth > 1 ? sliceOf(dashboard, depth) : 0;
}

export function shownPlane(dashboard: Dashboard, column: Column, map: AttributionMap): Plane {
  return planeOf(map, partOf(dashboard, column, map.depth));
}

/** The scale that a map is drawn on; of rounding errors none, or they would look like a map. */
export function drawnScale(
  { view, scene }: Dashboard,
  { run, column, sample }: CellAddress,
  map: AttributionMap,
): Scale {
  if (isNoise(map, column)) return NO_SCALE;
  return scene.scales.of(view, column, sample, () => scaleOf([map], column.ofPixels), run);
}

const NO_SCALE: Scale = { limit: 0, above: 0 };

export interface Wanted {
  readonly plane: Plane | undefined;
  readonly signed: boolean;
  readonly limit: number;
  readonly marked: number;
  readonly large: boolean;
  /** Nothing enlarges it. */
  readonly isFixed?: boolean;
  /** What is drawn below, as `pictureOf` answers it. */
  readonly picture: Pixels | undefined;
  /** Asked for only where something is written. */
  readonly palette: () => Palette;
}

/** As what a map is drawn; of attention, a slice is a head. */
export function layoutOf({ kind, layout }: Pick<Column, "kind" | "layout">): Layout {
  return kind === "matrix" ? "plane" : layout;
}

export function figureOf(dashboard: Dashboard, cell: CellAddress, wanted: Wanted): Figure {
  const { view } = dashboard;
  const { layout } = cell.column;
  const { plane, signed, limit, marked, large, isFixed = false, palette } = wanted;
  const picture = cell.column.kind === "map" ? wanted.picture : undefined;
  const smooth = isCoarse(cell.column, picture, plane);
  return {
    layout: layoutOf(cell.column),
    plane,
    picture,
    input: isRow(layout) ? inputValuesOf(dashboard, cell) : undefined,
    colouring: colouringOf(view, signed, limit, smooth),
    regions: cell.column.kind === "map" && !isRow(layout) ? regionsUnder(dashboard, cell) : [],
    marked,
    order: layout === "features" ? orderOf(dashboard, cell, plane?.width ?? 0) : [],
    channel: view.curve,
    ...{ large, isFixed },
    palette: layout === "features" ? palette() : isRow(layout) ? PLATE_PALETTE : NO_PALETTE,
  };
}

function regionsUnder(dashboard: Dashboard, { run, column, sample }: CellAddress) {
  const deepest = Math.max(dashboard.scene.depth, 1);
  const depth = (sliceOf(dashboard, deepest) + 0.5) / deepest;
  return outlinesUnder(dashboard, run.id, inputOf(run, column), sample, depth);
}

/** Features in the order the viewer wants: one for all epochs and shown runs, so that it stands. */
export function orderOf(dashboard: Dashboard, cell: CellAddress, count: number): readonly number[] {
  const { column, sample } = cell;
  return featureOrder(
    dashboard.scene,
    `${column.group} ${sample} ${count}`,
    dashboard,
    cell,
    count,
  );
}

/** Every change but the playhead's makes another scene. */
const featureOrder = memoBy(
  (
    scene: Scene,
    _cell: string,
    { view, store }: Dashboard,
    { column, sample }: CellAddress,
    count: number,
  ): readonly number[] => {
    const series = scene.shown.map(({ id }) => store.get(id, column.group, sample));
    const rows = view.order === "given" ? [] : series.flatMap((one) => recordsOf(one, "map"));
    const maps = rows.filter(({ halves }) => halves.length === count);
    return orderBySize(
      maps.map(({ halves, scale }) => widen(halves, scale)),
      count,
    );
  },
);

/** Where a value of the shown plane lies, in words. */
export function positionTextOf(
  dashboard: Dashboard,
  cell: CellAddress,
  plane: Plane,
  depth: number,
  index: number,
): string {
  const { column } = cell;
  const { store, step } = dashboard;
  const series = store.get(cell.run.id, column.group, cell.sample);
  const { record: matrix } = knownAt(series, "matrix", step);
  if (matrix) {
    const head = matrix.heads[partOf(dashboard, column, depth)] ?? 0;
    return attentionText(wordsOf(dashboard, cell), plane.width, index, head);
  }
  const slice = depth > 1 ? partOf(dashboard, column, depth) : undefined;
  const input = inputValuesOf(dashboard, cell);
  const context: PositionContext = { layout: column.layout, width: plane.width, input, slice };
  return positionText(context, index);
}
