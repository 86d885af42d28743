/** Draws what any canvas shows. */

import type { Size } from "../data/png.ts";
import type { Context2D } from "./canvas.ts";
import type { Drawing } from "./drawing.ts";
import { drawLayers } from "./map-layers.ts";
import { drawTiles } from "./tiles.ts";
import { drawWall } from "./wall.ts";

export function draw(context: Context2D, { width, height }: Size, drawing: Drawing): void {
  context.clearRect(0, 0, width, height);
  switch (drawing.kind) {
    case "map":
      drawLayers(context, { x: 0, y: 0, width, height }, drawing.layers);
      return;
    case "tiles":
      drawTiles(context, drawing.tiles);
      return;
    case "wall":
      drawWall(context, drawing.wall);
  }
}
