/** Pictures that the log holds byte by byte, as canvases that can be drawn. */

import { memo } from "../analysis/memo.ts";
import type { PictureRecord } from "../format/maps.ts";
import type { Rect } from "./canvas.ts";

/** Below this side pixels are meant to be seen as such, as those of inputs are. */
const COARSE = 32;

/** One byte a colour, as browsers draw them: red, green, blue and opacity of each pixel. */
export function rgbaOf({ bytes, width, height, channels }: PictureRecord): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let i = 0; i < (channels === 1 ? 3 : channels); i++) {
      rgba[4 * pixel + i] = bytes[channels * pixel + (channels === 1 ? 0 : i)] ?? 0;
    }
  }
  return rgba;
}

const canvasOf = memo((record: PictureRecord): HTMLCanvasElement => {
  const canvas = document.createElement("canvas");
  canvas.width = record.width;
  canvas.height = record.height;
  const image = new ImageData(record.width, record.height);
  image.data.set(rgbaOf(record));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
});

export function drawPixels(
  context: CanvasRenderingContext2D,
  record: PictureRecord,
  { x, y, width, height }: Rect,
): void {
  context.imageSmoothingEnabled = Math.max(record.width, record.height) >= COARSE;
  context.drawImage(canvasOf(record), x, y, width, height);
}
