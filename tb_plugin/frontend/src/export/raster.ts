/** A figure as pixels: the same marks, drawn on a canvas. */

import { FAMILY, type Ink, type Mark, type Ramp } from "./marks.ts";
import type { Sheet } from "./svg.ts";

/** No canvas is larger in any browser's memory. */
const MOST_SIDE = 16_000;

/** `scale` pixels of the file are one of the page, fewer where the figure is huge. */
export function canvasOf(sheet: Sheet<HTMLCanvasElement>, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const factor = Math.min(scale, MOST_SIDE / Math.max(sheet.width, sheet.height));
  canvas.width = Math.round(sheet.width * factor);
  canvas.height = Math.round(sheet.height * factor);
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(factor, factor);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const mark of sheet.marks) drawMark(context, mark);
  return canvas;
}

function drawMark(context: CanvasRenderingContext2D, mark: Mark): void {
  context.save();
  for (const clip of mark.clips ?? []) context.clip(new Path2D(clip));
  if (mark.kind === "path") drawPath(context, mark);
  else if (mark.kind === "text") drawText(context, mark);
  else {
    context.imageSmoothingEnabled = mark.smooth;
    context.globalAlpha = mark.alpha;
    context.drawImage(mark.source, mark.x, mark.y, mark.width, mark.height);
  }
  context.restore();
}

function drawPath(
  context: CanvasRenderingContext2D,
  { d, fill, stroke }: Extract<Mark, { kind: "path" }>,
): void {
  const path = new Path2D(d);
  if (fill) {
    context.fillStyle = "stops" in fill ? gradientOf(context, fill) : cssOf(fill);
    context.fill(path);
  }
  if (!stroke) return;
  context.strokeStyle = cssOf(stroke.ink);
  context.lineWidth = stroke.width;
  context.setLineDash([...stroke.dash]);
  context.stroke(path);
}

function drawText(
  context: CanvasRenderingContext2D,
  { text, x, y, font, ink, anchor, turned }: Extract<Mark, { kind: "text" }>,
): void {
  context.translate(x, y);
  if (turned) context.rotate((turned * Math.PI) / 180);
  context.font = `${font.weight} ${font.size}px ${FAMILY}`;
  context.fillStyle = cssOf(ink);
  context.textAlign = anchor === "middle" ? "center" : anchor;
  context.fillText(text, 0, 0);
}

function gradientOf(context: CanvasRenderingContext2D, { from, to, stops }: Ramp): CanvasGradient {
  const gradient = context.createLinearGradient(...from, ...to);
  for (const { at, ink } of stops) gradient.addColorStop(at, cssOf(ink));
  return gradient;
}

function cssOf({ hex, alpha }: Ink): string {
  const digits = Math.round(alpha * 255).toString(16);
  return hex + digits.padStart(2, "0");
}
