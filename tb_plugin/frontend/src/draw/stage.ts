/** One animation frame for the whole page: whatever can be seen is drawn, once, together. */

import type { Canvases } from "./canvases.ts";

export interface Painter {
  /** What has to be on the screen for the painting to matter. */
  readonly surface: Element;
  paint(): void;
}

/** Of how many parts texts are written in one frame; some 30 are laid out in 4 milliseconds. */
const LEAST_TEXTS = 8;
const MOST_TEXTS = 24;

export class Stage {
  private readonly painters = new Map<Element, Painter>();
  private readonly visible = new Set<Painter>();
  private readonly observer: IntersectionObserver;
  private request = 0;
  /** By who writes them, the longest waiting first. */
  private readonly texts = new Map<Painter, () => void>();
  /** Milliseconds the last frame took, for the benchmark. */
  lastCost = 0;

  readonly canvases: Canvases;
  private readonly onDraw: () => void;

  /** `onDraw` is told that all that can be seen is about to be painted. */
  constructor(canvases: Canvases, onDraw: () => void) {
    this.canvases = canvases;
    this.onDraw = onDraw;
    this.observer = new IntersectionObserver((entries) => this.see(entries), {
      rootMargin: "120px",
    });
  }

  add(painter: Painter): void {
    this.painters.set(painter.surface, painter);
    this.observer.observe(painter.surface);
  }

  remove(painter: Painter): void {
    this.painters.delete(painter.surface);
    this.visible.delete(painter);
    this.texts.delete(painter);
    this.observer.unobserve(painter.surface);
  }

  /** How many painters can be seen, or nearly. */
  get visibleCount(): number {
    return this.visible.size;
  }

  /** Whether all that was asked for is drawn and written. */
  get isAtRest(): boolean {
    return this.request === 0 && this.texts.size === 0 && this.canvases.isAtRest;
  }

  /** Draw at the next frame, however often this is called before it. */
  invalidate(): void {
    this.request ||= requestAnimationFrame(() => this.draw());
  }

  /** Write a painter's texts soon, in place of those it has not written yet. */
  write(painter: Painter, texts: () => void): void {
    this.texts.set(painter, texts);
  }

  /** Write all texts that wait. */
  writeAll(): void {
    for (const texts of this.texts.values()) texts();
    this.texts.clear();
  }

  private draw(): void {
    this.request = 0;
    const start = performance.now();
    this.onDraw();
    for (const painter of this.visible) painter.paint();
    this.canvases.flush();
    this.writeSome();
    this.lastCost = performance.now() - start;
  }

  /**
   * To lay all texts out takes longer than a frame has; so while the playhead moves, half of them
   * are written at each frame, and of very many fewer: all are soon after it rests.
   */
  private writeSome(): void {
    let due = Math.min(Math.max(LEAST_TEXTS, Math.ceil(this.texts.size / 2)), MOST_TEXTS);
    for (const [painter, texts] of this.texts) {
      if (due-- === 0) break;
      this.texts.delete(painter);
      texts();
    }
    if (this.texts.size > 0) this.invalidate();
  }

  private see(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const painter = this.painters.get(target);
      if (!painter) continue;
      if (isIntersecting) this.visible.add(painter);
      else this.visible.delete(painter);
    }
    this.invalidate();
  }
}
