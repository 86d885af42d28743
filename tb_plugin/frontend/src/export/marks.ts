/** What a figure consists of: paths, texts and rasters, in CSS pixels; plain enough for any writer. */

/** A colour as files can hold it: `#rrggbb`, and how opaque it is. */
export interface Ink {
  readonly hex: string;
  readonly alpha: number;
}

export interface Font {
  readonly size: number;
  /** 400 is regular, 700 bold. */
  readonly weight: number;
}

export interface Stop {
  /** From 0 to 1. */
  readonly at: number;
  readonly ink: Ink;
}

/** Colours along a line between two points. */
export interface Ramp {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly stops: readonly Stop[];
}

export interface Stroke {
  readonly ink: Ink;
  readonly width: number;
  readonly dash: readonly number[];
}

/** `S` is a raster: a canvas, or the address of its pixels. */
export type Shape<S> =
  | {
      readonly kind: "path";
      /** In the syntax of SVG. */
      readonly d: string;
      readonly fill?: Ink | Ramp;
      readonly stroke?: Stroke;
    }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly x: number;
      /** Of the baseline. */
      readonly y: number;
      readonly font: Font;
      readonly ink: Ink;
      readonly anchor: Anchor;
      /** In degrees, around its place. */
      readonly turned?: number;
    }
  | {
      readonly kind: "image";
      readonly source: S;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly smooth: boolean;
      readonly alpha: number;
    };

export type Anchor = "start" | "middle" | "end";

/** A shape, and the paths that it is seen through. */
export type Mark<S = HTMLCanvasElement> = Shape<S> & { readonly clips?: readonly string[] };

/** Of one family everywhere, none of which is loaded. */
export const FAMILY = "Roboto, system-ui, 'Segoe UI', Arial, sans-serif";

/** `12.35`, without zeros at the end: places of a figure are no finer. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function rectPath(x: number, y: number, width: number, height: number): string {
  const [left, top, w, h] = [x, y, width, height].map(coordinate);
  return `M${left} ${top}h${w}v${h}h${-Number(w)}z`;
}

/** The same mark, moved. */
export function moved<S>(mark: Mark<S>, dx: number, dy: number): Mark<S> {
  const clips = mark.clips?.map((clip) => movedPath(clip, dx, dy));
  const more = clips ? { clips } : {};
  if (mark.kind !== "path") return { ...mark, x: mark.x + dx, y: mark.y + dy, ...more };
  const fill = mark.fill && "stops" in mark.fill ? movedRamp(mark.fill, dx, dy) : mark.fill;
  return { ...mark, d: movedPath(mark.d, dx, dy), ...(fill ? { fill } : {}), ...more };
}

function movedRamp({ from, to, stops }: Ramp, dx: number, dy: number): Ramp {
  return { from: [from[0] + dx, from[1] + dy], to: [to[0] + dx, to[1] + dy], stops };
}

/** Only `M`, `L` and `Q` hold places; what else the paths of figures have is relative to these. */
function movedPath(d: string, dx: number, dy: number): string {
  const place = (x: string, y: string): string =>
    `${coordinate(Number(x) + dx)} ${coordinate(Number(y) + dy)}`;
  return d.replace(/[MLQ](-?[\d.]+ -?[\d.]+ ?)+/g, (command) =>
    command.replace(/(-?[\d.]+) (-?[\d.]+)/g, (_, x: string, y: string) => place(x, y)),
  );
}
