/** The worker that draws what canvases of the page show. */

import type { Pixels } from "./data/bitmaps.ts";
import { IN_MEMORY } from "./draw/canvas.ts";
import { type Answer, type Job, type Order, pixelsOf } from "./draw/canvases.ts";
import { draw } from "./draw/draw.ts";
import { withLayers } from "./draw/drawing.ts";

const surface = new OffscreenCanvas(1, 1);
/** By the numbers that the page gave them. */
const pictures = new Map<number, Pixels>();

addEventListener("message", ({ data: order }: MessageEvent<Order>) => {
  if ("gone" in order) {
    pictures.get(order.gone)?.bitmap.close();
    pictures.delete(order.gone);
    return;
  }
  for (const picture of order.pictures) pictures.set(picture.id, picture);
  const pixels: ArrayBuffer[] = [];
  try {
    for (const job of order.jobs) pixels.push(drawn(job));
  } finally {
    // Also where one failed: the page waits for an answer.
    answer(pixels);
  }
});

function drawn({ size, ratio, drawing }: Job): ArrayBuffer {
  const context = surface.getContext("2d", IN_MEMORY);
  const { width, height } = pixelsOf(size, ratio);
  if (!context) throw new Error("no canvas");
  if (surface.width !== width) surface.width = width;
  if (surface.height !== height) surface.height = height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const held = withLayers(drawing, ({ picture, ...layers }) => ({
    ...layers,
    picture: picture === undefined ? undefined : pictures.get(picture),
  }));
  draw(context, size, held);
  return context.getImageData(0, 0, width, height).data.buffer;
}

function answer(what: Answer): void {
  postMessage(what, { transfer: what === "ready" ? [] : [...what] });
}

answer("ready");
