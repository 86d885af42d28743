/** From the viewer's choices to what the drawing functions need. */

import type { Outline } from "../analysis/regions.ts";
import type { Pixels } from "../data/bitmaps.ts";
import type { Size } from "../data/png.ts";
import type { AttributionMap, Channels } from "../format/records.ts";
import type { Column } from "../state/columns.ts";
import type { View } from "../state/view.ts";
import { SMALL } from "../tables.ts";
import {
  type Context2D,
  drawDimmed,
  drawMap,
  drawPlate,
  fit,
  outline,
  type Rect,
} from "./canvas.ts";
import { type Colouring, colourPlane, type Plane } from "./plane.ts";

/** A map, or one slice of a volume. */
export function planeOf(map: AttributionMap, slice = 0): Plane {
  const { width, height, depth, scale } = map;
  if (depth === 1) return { data: map.halves, width, height, scale };
  const size = width * height;
  return { data: map.halves.subarray(slice * size, (slice + 1) * size), width, height, scale };
}

export function channelPlane(record: Channels, index: number, slice = 0): Plane {
  const size = record.width * record.height;
  const start = (index * record.depth + slice) * size;
  return {
    data: record.halves.subarray(start, start + size),
    width: record.width,
    height: record.height,
    scale: record.scales[index] ?? 0,
  };
}

/** How maps are coloured; `smooth` where the viewer does not say it. */
export function colouringOf(view: View, signed: boolean, limit: number, smooth = false): Colouring {
  return {
    ramp: signed ? view.diverging : view.sequential,
    limit,
    signed,
    smooth: view.pixels === "auto" ? smooth : view.pixels === "smooth",
  };
}

/** Whether a map has fewer cells than the picture below, and that has enough pixels to be one. */
export function isCoarse(
  { ofPixels }: Pick<Column, "ofPixels">,
  picture: Size | undefined,
  plane: Size | undefined,
): boolean {
  if (!picture || !plane || ofPixels) return false;
  if (Math.max(picture.width, picture.height) < SMALL) return false;
  return plane.width < picture.width || plane.height < picture.height;
}

/** `P` is a picture, as in `Drawing`. */
export interface Layers<P = Pixels> {
  readonly picture: P | undefined;
  readonly size: { readonly width: number; readonly height: number };
  readonly plane: Plane | undefined;
  readonly colouring: Colouring;
  /** The position to outline, -1 for none. */
  readonly marked: number;
  /** Where evidence should lie, and, dashed, where not. */
  readonly regions?: readonly Outline[];
}

/** The dimmed input or a plate, map, outline; answers where the map lies. */
export function drawLayers(context: Context2D, box: Rect, layers: Layers): Rect {
  const { picture, plane, colouring } = layers;
  context.clearRect(box.x, box.y, box.width, box.height);
  const rect = fit(layers.size.width, layers.size.height, box);
  if (picture) drawDimmed(context, picture, rect);
  else drawPlate(context, rect);
  if (plane) drawMap(context, colourPlane(plane, colouring), plane, rect, colouring.smooth);
  for (const region of layers.regions ?? []) drawOutline(context, region, rect);
  if (!plane) return rect;
  if (layers.marked >= 0) outline(context, layers.marked, plane, rect);
  return rect;
}

/** Light in dark, which is seen on any map. */
function drawOutline(context: Context2D, { lines, avoid }: Outline, rect: Rect): void {
  context.beginPath();
  for (let i = 0; i < lines.length; i += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = lines.subarray(i, i + 4);
    context.moveTo(within(x0, rect.x, rect.width), within(y0, rect.y, rect.height));
    context.lineTo(within(x1, rect.x, rect.width), within(y1, rect.y, rect.height));
  }
  context.save();
  context.lineWidth = 2.5;
  context.strokeStyle = "#0008";
  context.stroke();
  if (avoid) context.setLineDash([4, 3]);
  context.lineWidth = 1;
  context.strokeStyle = "#fff";
  context.stroke();
  context.restore();
}

/** Lines at the edge are drawn whole. */
function within(share: number, start: number, size: number): number {
  return start + Math.min(Math.max(share * size, 1), size - 1);
}

/** The proportions to draw in: the picture's, or the map's where there is none. */
export function sizeOf(picture: Pixels | undefined, plane: Plane | undefined) {
  const { width, height } = picture ?? plane ?? { width: 1, height: 1 };
  return { width: width || 1, height: height || 1 };
}
