/** Canvases that a worker draws, so that the page has its frames for the rest; or the page itself. */

import type { Pixels } from "../data/bitmaps.ts";
import type { Size } from "../data/png.ts";
import { sharpContext } from "./canvas.ts";
import { type Drawing, withLayers } from "./drawing.ts";
import type { Layers } from "./map-layers.ts";

/** What to draw; its size is in CSS pixels, of which `ratio` device pixels are one. */
export interface Job {
  readonly size: Size;
  readonly ratio: number;
  readonly drawing: Drawing<number>;
}

/** To the worker: what to draw, and pictures it has not seen; or the number of one that is gone. */
export type Order =
  | { readonly jobs: readonly Job[]; readonly pictures: readonly (Pixels & { id: number })[] }
  | { readonly gone: number };
/** From the worker: that it can draw, then the pixels of each job of an order. */
export type Answer = "ready" | readonly ArrayBuffer[];

/** Of a canvas in device pixels. */
export function pixelsOf({ width, height }: Size, ratio: number): Size {
  return {
    width: Math.max(1, Math.round(width * ratio)),
    height: Math.max(1, Math.round(height * ratio)),
  };
}

/** A worker that has not come by then will not come. */
const PATIENCE = 10_000;

interface Waiting {
  readonly size: Size;
  readonly drawing: Drawing;
}

export class Canvases {
  private worker: Worker | undefined;
  /** Where there is no worker, once it is loaded. */
  private drawHere: typeof import("./draw.ts").draw | undefined;
  private isReady = false;
  /** The last drawing of each canvas that the worker has not been told. */
  private readonly waiting = new Map<HTMLCanvasElement, Waiting>();
  /** Whose drawings the worker makes. */
  private drawn: readonly (Size & { readonly canvas: HTMLCanvasElement })[] = [];
  /** What is told of drawings in place of the worker, while they are recorded. */
  record: Canvases["draw"] | undefined;
  private readonly ids = new WeakMap<Pixels, number>();
  private count = 0;
  private readonly collected = new FinalizationRegistry<number>((gone) => this.post({ gone }));

  /** `start` begins a worker; where there is none, everything is drawn here. */
  constructor(start: (() => Worker) | undefined) {
    if (!start) {
      this.giveUp();
      return;
    }
    try {
      this.worker = start();
      this.worker.addEventListener("message", ({ data }) => this.hear(data));
      this.worker.addEventListener("error", (event) => this.fail(event));
      window.setTimeout(() => this.isReady || this.giveUp(), PATIENCE);
    } catch {
      this.giveUp();
    }
  }

  /** Whether all that was asked for is drawn. */
  get isAtRest(): boolean {
    return this.drawn.length === 0 && this.waiting.size === 0;
  }

  /** Have a canvas drawn after `flush`; of several drawings that wait, the last. */
  draw(canvas: HTMLCanvasElement, size: Size, drawing: Drawing): void {
    if (this.record) {
      this.record(canvas, size, drawing);
      return;
    }
    canvas.style.width = `${size.width}px`;
    canvas.style.height = `${size.height}px`;
    this.waiting.set(canvas, { size, drawing });
  }

  /** Send what waits, once what was sent before is drawn. */
  flush(): void {
    if (this.drawHere) this.drawAll(this.drawHere);
    if (!this.isReady || this.drawn.length > 0 || this.waiting.size === 0) return;
    const pictures: (Pixels & { id: number })[] = [];
    const ratio = window.devicePixelRatio || 1;
    const jobs = [...this.waiting.values()].map(({ size: { width, height }, drawing }) => ({
      size: { width, height },
      ratio,
      drawing: withLayers(drawing, (layers) => this.packed(layers, pictures)),
    }));
    this.drawn = [...this.waiting].map(([canvas, { size }]) => ({
      canvas,
      ...pixelsOf(size, ratio),
    }));
    this.waiting.clear();
    this.post({ jobs, pictures });
  }

  /** A part of a larger array would be sent whole; a picture is sent once. */
  private packed(layers: Layers, pictures: (Pixels & { id: number })[]): Layers<number> {
    const { picture, plane } = layers;
    if (picture && !this.ids.has(picture)) pictures.push({ ...picture, id: this.idOf(picture) });
    return {
      ...layers,
      picture: picture && this.idOf(picture),
      plane: plane && { ...plane, data: plane.data.slice() },
    };
  }

  private idOf(picture: Pixels): number {
    const known = this.ids.get(picture);
    if (known !== undefined) return known;
    const id = ++this.count;
    this.ids.set(picture, id);
    this.collected.register(picture, id);
    return id;
  }

  private post(order: Order): void {
    this.worker?.postMessage(order);
  }

  private hear(answer: Answer): void {
    if (answer === "ready") this.isReady = true;
    else this.show(answer);
    this.flush();
  }

  private show(pixels: readonly ArrayBuffer[]): void {
    for (const [i, { canvas, width, height }] of this.drawn.entries()) {
      const buffer = pixels[i];
      if (!buffer) continue;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const image = new ImageData(new Uint8ClampedArray(buffer), width, height);
      canvas.getContext("2d")?.putImageData(image, 0, 0);
    }
    this.drawn = [];
  }

  private fail(event: ErrorEvent): void {
    if (!this.isReady) this.giveUp();
    else reportError(new Error(`drawing: ${event.message}`));
  }

  /** Draw here: nothing was drawn elsewhere yet. */
  private giveUp(): void {
    this.worker?.terminate();
    this.worker = undefined;
    void import("./draw.ts").then(({ draw }) => {
      this.drawHere = draw;
      this.flush();
    });
  }

  private drawAll(draw: NonNullable<typeof this.drawHere>): void {
    for (const [canvas, { size, drawing }] of this.waiting) {
      const context = sharpContext(canvas, size.width, size.height);
      if (context) draw(context, size, drawing);
    }
    this.waiting.clear();
  }
}
