/** From the viewer's choices to what the drawing functions need. */

import { colourTable } from "../analysis/colours.ts";
import type { Pixels } from "../data/bitmaps.ts";
import type { AttributionMap, Channels } from "../format/records.ts";
import type { Scene } from "../state/scene.ts";
import type { View } from "../state/view.ts";
import { drawMap, drawPicture, fit, outline, type Rect } from "./canvas.ts";
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

/** The magnitude at the end of the colour map: the group's largest, or this map's own. */
export function limitOf(scene: Scene, view: View, key: string, own: number): number {
  return view.scale === "shared" ? (scene.limits.get(key) ?? own) : own;
}

/** `overPicture`: only there may a map fade, so that what lies below is seen. */
export function colouringOf(
  view: View,
  signed: boolean,
  limit: number,
  overPicture: boolean,
): Colouring {
  const fading = overPicture && view.cover === "strength";
  return {
    table: colourTable(signed ? view.diverging : view.sequential, fading),
    limit,
    signed,
    threshold: view.threshold,
    smooth: view.pixels === "smooth",
  };
}

export interface Layers {
  readonly picture: Pixels | undefined;
  readonly size: { readonly width: number; readonly height: number };
  readonly plane: Plane | undefined;
  readonly colouring: Colouring;
  readonly opacity: number;
  /** The position to outline, -1 for none. */
  readonly marked: number;
}

/** Input picture, map, outline; answers where the map lies. */
export function drawLayers(context: CanvasRenderingContext2D, box: Rect, layers: Layers): Rect {
  const { picture, plane, colouring } = layers;
  context.clearRect(box.x, box.y, box.width, box.height);
  const rect = fit(layers.size.width, layers.size.height, box);
  if (picture) drawPicture(context, picture, rect, colouring.smooth);
  if (!plane) return rect;
  const look = { opacity: picture ? layers.opacity : 1, smooth: colouring.smooth };
  drawMap(context, colourPlane(plane, colouring), plane, rect, look);
  if (layers.marked >= 0) outline(context, layers.marked, plane, rect);
  return rect;
}

/** The proportions to draw in: the picture's, or the map's where there is none. */
export function sizeOf(picture: Pixels | undefined, plane: Plane | undefined) {
  const { width, height } = picture ?? plane ?? { width: 1, height: 1 };
  return { width: width || 1, height: height || 1 };
}
