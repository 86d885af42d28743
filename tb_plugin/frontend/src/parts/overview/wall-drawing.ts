/** What a wall shows at the playhead, for whoever draws it. */

import { labelText, verdict } from "../../analysis/filters.ts";
import { isRow } from "../../analysis/layouts.ts";
import { lacks } from "../../analysis/same-samples.ts";
import { placeOf, type WallLayout } from "../../analysis/wall-layout.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { type Rect, sharpContext } from "../../draw/canvas.ts";
import { drawFigure, type Figure, layersOf } from "../../draw/figure.ts";
import type { Palette } from "../../draw/palette.ts";
import { drawWall, ROOMY, type WallDrawing } from "../../draw/wall.ts";
import type { AttributionMap } from "../../format/maps.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type CellAddress, drawnScale, figureOf, shownPlane } from "../maps/map-figure.ts";
import { tellerOf } from "./wall-values.ts";

export interface WallCell extends CellAddress {
  readonly rect: Rect;
  readonly map: AttributionMap | undefined;
  readonly picture: Pixels | undefined;
}

export interface ShownWall {
  readonly layout: WallLayout;
  readonly samples: readonly number[];
  readonly cells: readonly WallCell[];
  readonly focus: Rect | undefined;
  readonly palette: Palette;
}

/** Have a wall painted; one of words or bars is drawn here. */
export function paintWall(
  dashboard: Dashboard,
  canvas: HTMLCanvasElement,
  width: number,
  shown: ShownWall,
): void {
  const size = { width, height: Math.max(shown.layout.total, 1) };
  const figures = shown.cells.map((cell) => figureIn(dashboard, cell, shown.palette));
  const wall = drawingOf(dashboard, shown, figures);
  if (!figures.some((figure) => figure && isRow(figure.layout))) {
    dashboard.stage.canvases.draw(canvas, size, { kind: "wall", wall });
    return;
  }
  const context = sharpContext(canvas, size.width, size.height);
  if (!context) return;
  context.clearRect(0, 0, size.width, size.height);
  for (const [i, figure] of figures.entries()) {
    const rect = shown.cells[i]?.rect;
    if (figure && rect) drawWithin(context, rect, figure);
  }
  drawWall(context, wall);
}

function figureIn(
  dashboard: Dashboard,
  { map, picture, ...address }: WallCell,
  palette: Palette,
): Figure | undefined {
  const { column } = address;
  if (!map) return undefined;
  const { limit } = drawnScale(dashboard, address, map);
  return figureOf(dashboard, address, {
    ...{ plane: shownPlane(dashboard, column, map), signed: column.signed, limit },
    ...{ marked: -1, large: false, picture, palette: () => palette },
  });
}

function drawingOf(
  dashboard: Dashboard,
  { layout, samples, cells, focus, palette }: ShownWall,
  figures: readonly (Figure | undefined)[],
): WallDrawing {
  const { shown } = dashboard.scene;
  const tell = layout.width >= ROOMY ? tellerOf(dashboard) : () => "";
  return {
    layout,
    cells: cells.map(({ rect, run, sample }, i) => {
      const figure = figures[i];
      const { record } = dashboard.predictions(run.id);
      return {
        rect,
        layers: figure && !isRow(figure.layout) ? layersOf(figure) : undefined,
        verdict: verdict(run.samples, record, sample),
      };
    }),
    captions: samples.map((sample, i) => ({
      rect: placeOf(layout, i, shown.length - 1, shown.length),
      label: sampleText(dashboard, sample),
      told: tell(sample),
    })),
    colours: shown.map(({ colour }) => colour),
    focus,
    palette,
  };
}

/** What a sample is called: its label, where it has one. */
export function sampleText({ scene }: Dashboard, sample: number): string {
  const first = scene.shown.find(({ samples }) => !lacks(samples, sample));
  return labelText(first?.samples, sample) || `sample ${sample}`;
}

function drawWithin(context: CanvasRenderingContext2D, rect: Rect, figure: Figure): void {
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  drawFigure(context, rect, figure);
  context.restore();
}
