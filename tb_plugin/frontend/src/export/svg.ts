/** A figure as an SVG file that stands on its own: nothing is fetched, no script runs. */

import { coordinate, FAMILY, type Ink, type Mark, type Ramp } from "./marks.ts";

export interface Sheet<S> {
  readonly width: number;
  readonly height: number;
  /** What readers who do not see the figure are told. */
  readonly title: string;
  readonly marks: readonly Mark<S>[];
}

/** The address of each raster is a `data:` URL. */
export function svgOf({ width, height, title, marks }: Sheet<string>): string {
  const defs = new Defs();
  const body = marks.map((mark) => clipped(mark, shapeOf(mark, defs), defs));
  const size = `width="${coordinate(width)}" height="${coordinate(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size} viewBox="0 0 ${coordinate(width)} ${coordinate(height)}" role="img" font-family="${FAMILY}" style="white-space:pre">`,
    `<title>${escaped(title)}</title>`,
    defs.text,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...body,
    "</svg>\n",
  ]
    .filter(Boolean)
    .join("\n");
}

/** What is referred to: gradients and clipping paths, each once. */
class Defs {
  private readonly ids = new Map<string, string>();

  /** The id of a definition; `write` is told the id to give it. */
  of(key: string, write: (id: string) => string): string {
    const known = this.ids.get(key);
    if (known) return known.slice(0, known.indexOf(" "));
    const id = `d${this.ids.size}`;
    this.ids.set(key, `${id} ${write(id)}`);
    return id;
  }

  get text(): string {
    const all = [...this.ids.values()].map((entry) => entry.slice(entry.indexOf(" ") + 1));
    return all.length > 0 ? `<defs>\n${all.join("\n")}\n</defs>` : "";
  }
}

function clipped({ clips = [] }: Mark<string>, shape: string, defs: Defs): string {
  return clips.reduceRight((inner, d) => {
    const id = defs.of(
      `clip ${d}`,
      (name) => `<clipPath id="${name}"><path d="${escaped(d)}"/></clipPath>`,
    );
    return `<g clip-path="url(#${id})">${inner}</g>`;
  }, shape);
}

function shapeOf(mark: Mark<string>, defs: Defs): string {
  switch (mark.kind) {
    case "path":
      return `<path d="${escaped(mark.d)}"${fillOf(mark.fill, defs)}${strokeOf(mark)}/>`;
    case "text":
      return textOf(mark);
    case "image":
      return imageOf(mark);
  }
}

function fillOf(fill: Ink | Ramp | undefined, defs: Defs): string {
  if (!fill) return ' fill="none"';
  if (!("stops" in fill)) return inkText("fill", fill);
  const id = defs.of(`ramp ${JSON.stringify(fill)}`, (name) => gradientText(name, fill));
  return ` fill="url(#${id})"`;
}

function gradientText(id: string, { from, to, stops }: Ramp): string {
  const [x1, y1, x2, y2] = [...from, ...to].map(coordinate);
  const all = stops.map(
    ({ at, ink }) => `<stop offset="${round(at)}"${inkText("stop-color", ink, "stop-opacity")}/>`,
  );
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${all.join("")}</linearGradient>`;
}

function strokeOf({ stroke }: Extract<Mark<string>, { kind: "path" }>): string {
  if (!stroke) return "";
  const dash = stroke.dash.length > 0 ? ` stroke-dasharray="${stroke.dash.map(coordinate)}"` : "";
  return `${inkText("stroke", stroke.ink)} stroke-width="${coordinate(stroke.width)}"${dash}`;
}

function textOf({
  text,
  x,
  y,
  font,
  ink,
  anchor,
  turned,
}: Extract<Mark<string>, { kind: "text" }>) {
  const weight = font.weight === 400 ? "" : ` font-weight="${font.weight}"`;
  const at = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  const turn = turned
    ? ` transform="rotate(${coordinate(turned)} ${coordinate(x)} ${coordinate(y)})"`
    : "";
  return `<text x="${coordinate(x)}" y="${coordinate(y)}" font-size="${coordinate(font.size)}"${weight}${at}${inkText("fill", ink)}${turn}>${escaped(text)}</text>`;
}

/** The older name of the address is the one that all programs know. */
function imageOf(mark: Extract<Mark<string>, { kind: "image" }>): string {
  const [x, y, width, height] = [mark.x, mark.y, mark.width, mark.height].map(coordinate);
  const alpha = mark.alpha < 1 ? ` opacity="${round(mark.alpha)}"` : "";
  // Own pixels stay sharp; of the two names each program knows one.
  const crisp = ' style="image-rendering:optimizeSpeed;image-rendering:pixelated"';
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"${alpha}${mark.smooth ? "" : crisp} xlink:href="${escaped(mark.source)}"/>`;
}

function inkText(name: string, { hex, alpha }: Ink, opacity = `${name}-opacity`): string {
  return ` ${name}="${hex}"${alpha < 1 ? ` ${opacity}="${round(alpha)}"` : ""}`;
}

function round(share: number): string {
  return String(Math.round(share * 1000) / 1000);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Names come from the log: no markup, and none of the characters that XML refuses. */
export function escaped(text: string): string {
  return text
    .replace(/[\t\n\r]/g, " ")
    .replace(REFUSED, "\u{fffd}")
    .replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const REFUSED = /[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
