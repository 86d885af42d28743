/** Where epochs lie in the timeline: which are in sight, and at how many pixels. */

import { unitOf } from "../../analysis/epochs.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type Zoom, zoomAt, zoomTo, zoomWith } from "../../state/zoom.ts";

/** Left of the plots stand names and the axes' numbers; the playhead's arithmetic needs their width. */
export const LEFT = 124;
export const RIGHT = 14;
export const RAIL = 12;
/** Before the plots. */
export const PADDING = 8;
/** Where a playhead is that lies beyond what is zoomed to. */
const OUT_OF_SIGHT = -40;

export class EpochAxis {
  /** Of the plots; kept, because asking for it in a frame would make the browser lay the page out. */
  width = 0;
  private readonly dashboard: () => Dashboard;

  constructor(dashboard: () => Dashboard) {
    this.dashboard = dashboard;
  }

  /** Whole epochs, or the parts that they are measured in. */
  get unit(): number {
    return unitOf(this.dashboard().scene.steps);
  }

  /** All epochs; of a single one, its surroundings. */
  get whole(): Zoom {
    const { steps } = this.dashboard().scene;
    const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
    return first === last ? [first - 1, last + 1] : [first, last];
  }

  /** What a link says was zoomed to may be of a longer training. */
  get range(): Zoom {
    const { zoom } = this.dashboard().view;
    return (zoom && zoomTo(this.whole, ...zoom, this.unit)) ?? this.whole;
  }

  get isZoomed(): boolean {
    return this.range.join() !== this.whole.join();
  }

  zoomTo(zoom: Zoom | undefined): void {
    this.dashboard().update({ zoom });
  }

  zoomToRange(first: number, last: number): void {
    this.zoomTo(zoomTo(this.whole, first, last, this.unit));
  }

  /** Nearer, with the epoch `at` where it is; farther with a factor below 1. */
  zoomBy(factor: number, at: number): void {
    this.zoomTo(zoomAt(this.whole, this.range, at, factor, this.unit));
  }

  /** The playhead takes what is zoomed to along. */
  follow(step: number): void {
    const { range } = this;
    if (!this.isZoomed || (step >= range[0] && step <= range[1])) return;
    this.zoomTo(zoomWith(this.whole, range, step, this.unit));
  }

  xOf(step: number): number {
    const [first, last] = this.range;
    if (step < first || step > last) return OUT_OF_SIGHT;
    return PADDING + LEFT + ((step - first) / (last - first)) * (this.width - LEFT - RIGHT);
  }

  /** Where a point lies between the epochs, by its distance from the plots' left side. */
  stepAt(x: number): number {
    const share = (x - LEFT) / (this.width - LEFT - RIGHT);
    const [first, last] = this.range;
    return first + share * (last - first);
  }

  /** Draw a dot for each epoch whose maps were kept. */
  drawRail(canvas: HTMLCanvasElement, colour: string): void {
    const context = canvas.getContext("2d");
    if (!context || this.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = this.width * ratio;
    canvas.height = RAIL * ratio;
    canvas.style.width = `${this.width}px`;
    context.scale(ratio, ratio);
    context.fillStyle = colour;
    for (const step of this.dashboard().scene.steps) {
      context.beginPath();
      context.arc(this.xOf(step) - PADDING, RAIL / 2, 2, 0, 7);
      context.fill();
    }
  }
}
