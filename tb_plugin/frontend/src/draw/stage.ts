/** One animation frame for the whole page: whatever can be seen is drawn, once, together. */

export interface Painter {
  /** What has to be on the screen for the painting to matter. */
  readonly surface: Element;
  paint(): void;
}

export class Stage {
  private readonly painters = new Map<Element, Painter>();
  private readonly visible = new Set<Painter>();
  private readonly observer: IntersectionObserver;
  private request = 0;
  /** Milliseconds the last frame took, for the benchmark. */
  lastCost = 0;

  private readonly onDraw: () => void;

  /** `onDraw` is told that all that can be seen is about to be painted. */
  constructor(onDraw: () => void) {
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
    this.observer.unobserve(painter.surface);
  }

  /** How many painters can be seen, or nearly. */
  get visibleCount(): number {
    return this.visible.size;
  }

  /** Draw at the next frame, however often this is called before it. */
  invalidate(): void {
    this.request ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.request = 0;
    const start = performance.now();
    this.onDraw();
    for (const painter of this.visible) painter.paint();
    this.lastCost = performance.now() - start;
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
