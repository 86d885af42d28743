/** A context that keeps what is drawn with it as marks: the page's own drawing makes the figure. */

import { inkOf } from "./inks.ts";
import {
  type Anchor,
  coordinate,
  type Font,
  type Ink,
  type Mark,
  rectPath,
  type Shape,
  type Stroke,
} from "./marks.ts";

type Source = HTMLCanvasElement | OffscreenCanvas | ImageBitmap;
type Drawn = Shape<HTMLCanvasElement>;

/** What draws, and is no part of a path that is kept: who needs it adds it to `Pen`. */
const UNKNOWN = new Set<string | symbol>([
  ...["strokeText", "ellipse", "arcTo", "bezierCurveTo", "quadraticCurveTo", "roundRect"],
  ...["putImageData", "createLinearGradient", "createRadialGradient", "createPattern"],
]);

/** A context whose drawing ends in `marks`; styles, measures and transforms are a real one’s. */
export function recordingContext(marks: Mark[]): CanvasRenderingContext2D | undefined {
  const state = document.createElement("canvas").getContext("2d");
  if (!state) return undefined;
  const pen = new Pen(state, marks);
  return new Proxy(state, {
    get: (target, name) => {
      if (UNKNOWN.has(name)) throw new Error(`no figure holds ${String(name)}`);
      const own: unknown = Reflect.get(pen.methods, name);
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === "function" && !own ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

class Pen {
  private readonly state: CanvasRenderingContext2D;
  private readonly marks: Mark[];
  private path: string[] = [];
  private clips: readonly string[] = [];
  private readonly saved: (readonly string[])[] = [];

  constructor(state: CanvasRenderingContext2D, marks: Mark[]) {
    this.state = state;
    this.marks = marks;
  }

  /** In place of the context's own. */
  readonly methods = {
    save: () => {
      this.saved.push(this.clips);
      this.state.save();
    },
    restore: () => {
      this.clips = this.saved.pop() ?? [];
      this.state.restore();
    },
    clip: () => {
      this.clips = [...this.clips, this.path.join("")];
    },
    beginPath: () => {
      this.path = [];
    },
    moveTo: (x: number, y: number) => this.go("M", x, y),
    // The first line of a path begins where it ends.
    lineTo: (x: number, y: number) => this.go(this.path.length > 0 ? "L" : "M", x, y),
    closePath: () => this.path.push("z"),
    rect: (x: number, y: number, width: number, height: number) =>
      this.path.push(this.rectangle(x, y, width, height)),
    arc: (x: number, y: number, radius: number) => this.circle(x, y, radius),
    fill: () => this.add({ kind: "path", d: this.path.join(""), fill: this.fillInk }),
    stroke: () => this.add({ kind: "path", d: this.path.join(""), stroke: this.strokeLook }),
    fillRect: (x: number, y: number, width: number, height: number) =>
      this.add({ kind: "path", d: this.rectangle(x, y, width, height), fill: this.fillInk }),
    strokeRect: (x: number, y: number, width: number, height: number) =>
      this.add({ kind: "path", d: this.rectangle(x, y, width, height), stroke: this.strokeLook }),
    // All drawing begins with it, where nothing is drawn yet.
    clearRect: () => undefined,
    fillText: (text: string, x: number, y: number) => this.write(text, x, y),
    drawImage: (source: Source, ...places: number[]) => this.place(source, places),
  };

  private add(mark: Drawn): void {
    if (mark.kind === "path" && mark.d === "") return;
    this.marks.push(this.clips.length > 0 ? { ...mark, clips: this.clips } : mark);
  }

  private at(x: number, y: number): readonly [number, number] {
    const { a, b, c, d, e, f } = this.state.getTransform();
    return [a * x + c * y + e, b * x + d * y + f];
  }

  private go(command: string, x: number, y: number): void {
    this.path.push(`${command}${this.at(x, y).map(coordinate).join(" ")}`);
  }

  /** Nothing that is drawn is turned, but texts. */
  private rectangle(x: number, y: number, width: number, height: number): string {
    const [left, top] = this.at(Math.min(x, x + width), Math.min(y, y + height));
    return rectPath(left, top, Math.abs(width), Math.abs(height));
  }

  /** All arcs of the page are whole circles. */
  private circle(x: number, y: number, radius: number): void {
    const [cx, cy] = this.at(x, y);
    this.path.push(circlePath(cx, cy, radius));
  }

  private get fillInk(): Ink {
    return this.inkOf(this.state.fillStyle);
  }

  private get strokeLook(): Stroke {
    const { lineWidth: width } = this.state;
    return { ink: this.inkOf(this.state.strokeStyle), width, dash: this.state.getLineDash() };
  }

  private inkOf(style: string | CanvasGradient | CanvasPattern): Ink {
    const { hex, alpha } = inkOf(String(style));
    return { hex, alpha: alpha * this.state.globalAlpha };
  }

  private write(text: string, x: number, y: number): void {
    const { state } = this;
    const { a, b } = state.getTransform();
    const [left, top] = this.at(x, y);
    const turned = (Math.atan2(b, a) * 180) / Math.PI;
    const metrics = state.measureText(text);
    const middle = (metrics.fontBoundingBoxAscent - metrics.fontBoundingBoxDescent) / 2;
    this.add({
      ...{ kind: "text", text, x: left, ink: this.fillInk, font: fontOf(state.font) },
      y: top + (state.textBaseline === "middle" ? middle : 0),
      anchor: ANCHORS[state.textAlign] ?? "start",
      ...(turned === 0 ? {} : { turned }),
    });
  }

  /** A copy: the page draws its next map on the same canvas. */
  private place(source: Source, places: readonly number[]): void {
    const whole = [0, 0, source.width, source.height];
    const [sx = 0, sy = 0, sw = 0, sh = 0, dx = 0, dy = 0, dw = sw, dh = sh] =
      places.length > 4 ? places : [...whole, ...places];
    const copy = document.createElement("canvas");
    copy.width = Math.max(1, Math.round(sw));
    copy.height = Math.max(1, Math.round(sh));
    const context = copy.getContext("2d");
    if (!context || dw <= 0 || dh <= 0) return;
    context.drawImage(source, sx, sy, sw, sh, 0, 0, copy.width, copy.height);
    const [x, y] = this.at(dx, dy);
    const { imageSmoothingEnabled: smooth, globalAlpha: alpha } = this.state;
    this.add({ kind: "image", source: copy, x, y, width: dw, height: dh, smooth, alpha });
  }
}

const ANCHORS: Readonly<Record<string, Anchor>> = {
  center: "middle",
  right: "end",
  end: "end",
};

export function circlePath(x: number, y: number, radius: number): string {
  const [left, r] = [coordinate(x - radius), coordinate(radius)];
  const [there, back] = [coordinate(2 * radius), coordinate(-2 * radius)];
  return `M${left} ${coordinate(y)}a${r} ${r} 0 1 0 ${there} 0a${r} ${r} 0 1 0 ${back} 0z`;
}

/** `bold 11px Roboto, sans-serif`. */
export function fontOf(css: string): Font {
  const [, size = "12"] = css.match(/([\d.]+)px/) ?? [];
  const [, weight = "400"] = css.match(/\b(bold|[1-9]00)\b/) ?? [];
  return { size: Number(size), weight: weight === "bold" ? 700 : Number(weight) };
}
