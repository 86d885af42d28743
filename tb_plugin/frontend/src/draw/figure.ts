/** One map with what it lies over, drawn as its layout asks: the only place that tells them apart. */

import type { InputValues } from "../analysis/input-values.ts";
import { isRow } from "../analysis/layouts.ts";
import type { Outline } from "../analysis/regions.ts";
import type { Pixels } from "../data/bitmaps.ts";
import type { Layout } from "../tables.ts";
import { barsHeight, drawBars, smallBarsHeight } from "./bars.ts";
import { fit, positionAt, type Rect, sharpContext } from "./canvas.ts";
import type { Canvases } from "./canvases.ts";
import { drawCurve } from "./curve.ts";
import { drawLayers, type Layers, sizeOf } from "./map-layers.ts";
import type { Palette } from "./palette.ts";
import type { Colouring, Plane } from "./plane.ts";
import { drawWords, textHeight } from "./words.ts";

export interface Figure {
  readonly layout: Layout;
  readonly plane: Plane | undefined;
  readonly picture: Pixels | undefined;
  readonly input: InputValues | undefined;
  readonly colouring: Colouring;
  /** Of planes, the outlines of the regions that were asked for. */
  readonly regions?: readonly Outline[];
  /** The position to mark, -1 for none. */
  readonly marked: number;
  /** Features in the order to list them. */
  readonly order: readonly number[];
  /** The channel of a line to draw; undefined: all. */
  readonly channel: number | undefined;
  readonly large: boolean;
  /** Nothing enlarges it. */
  readonly isFixed?: boolean;
  readonly palette: Palette;
}

/** Which position of the plane lies under a point, -1 for none. */
export type PositionAt = (x: number, y: number) => number;

/** How large a cell of the grid is, for maps of `size`. */
export function cellSize(layout: Layout, size: number): { width: number; height: number } {
  if (!isRow(layout)) return { width: size, height: size };
  return {
    width: Math.round(size * 1.6),
    height: layout === "line" ? Math.round(size * 0.8) : size,
  };
}

/** To lay out words of figures that are drawn elsewhere. */
let measuring: OffscreenCanvasRenderingContext2D | undefined;

/** The part of a cell that a figure fills: a short text needs less. */
export function filledSize(
  { layout, input, plane }: Pick<Figure, "layout" | "input" | "plane">,
  size: number,
): { width: number; height: number } {
  const cell = cellSize(layout, size);
  const words = layout === "tokens" ? (input?.words ?? []) : [];
  if (layout === "features") {
    return { ...cell, height: Math.min(cell.height, smallBarsHeight(plane?.width ?? 0)) };
  }
  if (words.length === 0) return cell;
  measuring ??= new OffscreenCanvas(1, 1).getContext("2d") ?? undefined;
  const height = measuring ? textHeight(measuring, words, cell.width, cell.height) : 0;
  return { ...cell, height: Math.max(48, height) };
}

/** How large a figure is enlarged, in a room of that width, where pictures have `side`. */
export function largeSize(
  context: CanvasRenderingContext2D,
  { layout, input, plane }: Pick<Figure, "layout" | "input" | "plane">,
  side: number,
  width: number,
): { width: number; height: number } {
  if (layout === "tokens") {
    const words = input?.words ?? [];
    const height = words.length > 0 ? textHeight(context, words, width) : side / 2;
    return { width, height: Math.max(64, height) };
  }
  if (layout === "features") return { width, height: barsHeight(plane?.width ?? 0) };
  if (layout === "line") return { width, height: Math.round(side * 0.75) };
  return { width: side, height: side };
}

export function drawFigure(
  context: CanvasRenderingContext2D,
  box: Rect,
  figure: Figure,
): PositionAt {
  if (figure.layout === "tokens") return drawWords(context, box, figure);
  if (figure.layout === "features") return drawBars(context, box, figure);
  if (figure.layout === "line") return drawCurve(context, box, figure);
  const layers = layersOf(figure);
  drawLayers(context, box, layers);
  return positionsIn(layers, box);
}

/** Draw a figure on a canvas of its own: in a worker, where it is a plane. */
export function paintFigure(
  canvases: Canvases,
  canvas: HTMLCanvasElement,
  size: { readonly width: number; readonly height: number },
  figure: Figure,
): PositionAt {
  const box = { x: 0, y: 0, ...size };
  if (isRow(figure.layout)) {
    const context = sharpContext(canvas, size.width, size.height);
    return context ? drawFigure(context, box, figure) : () => -1;
  }
  const layers = layersOf(figure);
  canvases.draw(canvas, size, { kind: "map", layers });
  return positionsIn(layers, box);
}

/** What a figure that is a plane consists of. */
export function layersOf({ plane, picture, colouring, marked, regions = [] }: Figure): Layers {
  return { picture, size: sizeOf(picture, plane), plane, colouring, marked, regions };
}

function positionsIn({ plane, size }: Layers, box: Rect): PositionAt {
  const rect = fit(size.width, size.height, box);
  return (x, y) => (plane ? positionAt(x, y, plane, rect) : -1);
}
