/** What is shaded and dashed behind the curves of a track. */

import type uPlot from "uplot";
import type { Band } from "../analysis/drift-scores.ts";
import type { Curve } from "./tracks.ts";

/** A curve's range, in its colour. */
export function shadeRange(plot: uPlot, { run, range }: Curve): void {
  if (!range || range.length === 0) return;
  const { ctx } = plot;
  const to = (step: number, value: number): void =>
    ctx.lineTo(plot.valToPos(step, "x", true), plot.valToPos(value, "y", true));
  ctx.save();
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = run.colour;
  ctx.beginPath();
  for (const [step, , high] of range) to(step, high);
  for (const [step, low] of [...range].reverse()) to(step, low);
  ctx.fill();
  ctx.restore();
}

export function drawLevel(plot: uPlot, level: number, colour: string): void {
  const { ctx } = plot;
  const { left, width } = plot.bbox;
  const y = plot.valToPos(level, "y", true);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}

export function shade(plot: uPlot, bands: readonly Band[], colour: string): void {
  const { left, width } = plot.bbox;
  plot.ctx.fillStyle = colour;
  for (const { low, high } of bands) {
    const [top, bottom] = [plot.valToPos(high, "y", true), plot.valToPos(low, "y", true)];
    plot.ctx.fillRect(left, top, width, bottom - top);
  }
}
