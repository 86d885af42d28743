/** The figure of what is in sight: drawn anew with the colours of the light theme, for it lies on white. */

import { recordWith } from "../draw/canvas.ts";
import { draw } from "../draw/draw.ts";
import { Part } from "../parts/frame/part.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { captionOf } from "./caption.ts";
import { factsOf, keysOf } from "./facts.ts";
import { FAMILY, type Mark } from "./marks.ts";
import { canvasOf } from "./raster.ts";
import { recordingContext } from "./recorder.ts";
import { type Measure, sheetOf } from "./sheet.ts";
import { childrenOf, isLeftOut, type Sight, sightOf } from "./sight.ts";
import { type Sheet, svgOf } from "./svg.ts";

/** Pixels of a PNG file for one of the page. */
const SCALE = 2;

export type Kind = "png" | "svg";

export async function fileOf(dashboard: Dashboard, kind: Kind): Promise<Blob> {
  const sheet = figureOf(dashboard);
  if (kind === "svg") {
    const marks = sheet.marks.map((mark) =>
      mark.kind === "image" ? { ...mark, source: mark.source.toDataURL() } : mark,
    );
    return new Blob([svgOf({ ...sheet, marks })], { type: "image/svg+xml" });
  }
  const canvas = canvasOf(sheet, SCALE);
  const file = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!file) throw new Error("the figure is too large for a PNG file");
  return file;
}

function figureOf(dashboard: Dashboard): Sheet<HTMLCanvasElement> {
  const { seen, ...sight } = seenNow(dashboard);
  const [keys, caption] = [keysOf(dashboard, seen), captionOf(factsOf(dashboard, seen))];
  return sheetOf({ ...sight, keys, caption }, measure());
}

/** All in one go: between two frames nobody sees the other theme. */
function seenNow(dashboard: Dashboard): Sight {
  const app = document.querySelector("tfx-app");
  const root = app?.shadowRoot?.querySelector(".main");
  if (!app || !root) throw new Error("there is nothing in sight");
  const isDark = app.hasAttribute("dark");
  const drawn = new Map<Element, Mark[]>();
  const parts = [...partsIn(root)];
  const { canvases } = dashboard.stage;
  app.toggleAttribute("dark", false);
  // Whoever keeps colours asks for them anew.
  dashboard.revision++;
  recordWith((canvas, size) => recorded(drawn, canvas, size));
  canvases.record = (canvas, size, drawing) => {
    const context = recorded(drawn, canvas, size);
    if (context) draw(context, size, drawing);
  };
  try {
    for (const part of parts) part.drawAnew();
    dashboard.stage.writeAll();
    return sightOf(root, drawn);
  } finally {
    recordWith();
    canvases.record = undefined;
    app.toggleAttribute("dark", isDark);
    dashboard.revision++;
    for (const part of parts) part.requestUpdate();
  }
}

function recorded(
  drawn: Map<Element, Mark[]>,
  canvas: HTMLCanvasElement,
  { width, height }: { readonly width: number; readonly height: number },
): CanvasRenderingContext2D | undefined {
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const marks: Mark[] = [];
  drawn.set(canvas, marks);
  return recordingContext(marks);
}

/** All parts, but those of samples that are out of sight. */
function* partsIn(element: Element): Generator<Part> {
  if (isLeftOut(element)) return;
  const { top, bottom } = element.getBoundingClientRect();
  if (element.localName === "section" && (bottom < 0 || top > innerHeight)) return;
  if (element instanceof Part) yield element;
  for (const child of childrenOf(element)) {
    if (child instanceof Element) yield* partsIn(child);
  }
}

function measure(): Measure {
  const context = document.createElement("canvas").getContext("2d");
  return (text, { size, weight }) => {
    if (!context) return text.length * size * 0.6;
    context.font = `${weight} ${size}px ${FAMILY}`;
    return context.measureText(text).width;
  };
}
