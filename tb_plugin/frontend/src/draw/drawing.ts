/** What can be drawn on a canvas by whoever has it, the page or its worker: plain data. */

import type { Pixels } from "../data/bitmaps.ts";
import type { Layers } from "./map-layers.ts";
import type { Tiles } from "./tiles.ts";
import type { WallDrawing } from "./wall.ts";

/** `P` is a picture: its pixels, or what the other side knows them by. */
export type Drawing<P = Pixels> =
  | { readonly kind: "map"; readonly layers: Layers<P> }
  | { readonly kind: "tiles"; readonly tiles: Tiles }
  | { readonly kind: "wall"; readonly wall: WallDrawing<P> };

/** The same drawing with other layers. */
export function withLayers<A, B>(
  drawing: Drawing<A>,
  change: (layers: Layers<A>) => Layers<B>,
): Drawing<B> {
  if (drawing.kind === "tiles") return drawing;
  if (drawing.kind === "map") return { kind: "map", layers: change(drawing.layers) };
  const cells = drawing.wall.cells.map((cell) => ({
    ...cell,
    layers: cell.layers && change(cell.layers),
  }));
  return { kind: "wall", wall: { ...drawing.wall, cells } };
}
