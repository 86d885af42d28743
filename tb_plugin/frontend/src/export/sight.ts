/** What is in sight of a part of the page, as marks: its texts, boxes and drawings at their places. */

import type { Rect } from "../draw/canvas.ts";
import { FONT } from "../draw/palette.ts";
import type { Column } from "../state/columns.ts";
import type { ShownRun } from "../state/runs.ts";
import { arrowMarks } from "./arrows.ts";
import { boxMarks } from "./boxes.ts";
import { inkOf } from "./inks.ts";
import { linesOf } from "./lines.ts";
import { type Mark, moved, rectPath } from "./marks.ts";
import { fontOf } from "./recorder.ts";

/** What only works on a screen, and what is there only for readers who do not see. */
const LEFT_OUT = [
  ...["[data-screen]", ".help", ".hidden", "[hidden]", "[popover]", "[role=tablist]"],
  ...["dialog", "details", "input", "textarea", "style", "script", "tfx-divider", "tfx-offer"],
].join(", ");

/** From this share of it on, a block that is cut off is there as a whole. */
const HALF = 0.5;

/** What stands in the figure, for its legend and caption. */
export interface Seen {
  /** By group. */
  readonly columns: Map<string, Column>;
  readonly samples: Set<number>;
  /** The groups whose scale is told. */
  readonly legends: Set<string>;
  /** Names of the parts. */
  readonly parts: Set<string>;
  /** Whose graph of layers it is, where it shows one. */
  graph: ShownRun | undefined;
}

export interface Sight {
  readonly marks: readonly Mark[];
  readonly width: number;
  readonly height: number;
  readonly seen: Seen;
}

/** `drawn` are the marks of canvases that were drawn anew for the figure; others are copied. */
export function sightOf(root: Element, drawn: ReadonlyMap<Element, readonly Mark[]>): Sight {
  const walk = new Walk(drawn);
  walk.enter(root, edgesOf(root.getBoundingClientRect()));
  const { left, top, right, bottom } = walk.bounds;
  const isEmpty = right < left;
  return {
    marks: walk.marks.map((mark) => moved(mark, -left, -top)),
    width: isEmpty ? 0 : right - left,
    height: isEmpty ? 0 : bottom - top,
    seen: walk.seen,
  };
}

/** What shows in a figure, from the first to the last: also through shadow roots and slots. */
export function childrenOf(element: Element): Iterable<Node> {
  if (element.shadowRoot) return element.shadowRoot.childNodes;
  if (element instanceof HTMLSlotElement) {
    const assigned = element.assignedNodes();
    if (assigned.length > 0) return assigned;
  }
  return element.childNodes;
}

export function isLeftOut(element: Element): boolean {
  return element.matches(LEFT_OUT);
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const NOWHERE: Edges = {
  left: Number.POSITIVE_INFINITY,
  top: Number.POSITIVE_INFINITY,
  right: Number.NEGATIVE_INFINITY,
  bottom: Number.NEGATIVE_INFINITY,
};

class Walk {
  readonly marks: Mark[] = [];
  readonly seen: Seen = {
    columns: new Map(),
    samples: new Set(),
    legends: new Set(),
    parts: new Set(),
    graph: undefined,
  };
  bounds = NOWHERE;
  private readonly drawn: ReadonlyMap<Element, readonly Mark[]>;
  private readonly measuring = document.createElement("canvas").getContext("2d");

  constructor(drawn: ReadonlyMap<Element, readonly Mark[]>) {
    this.drawn = drawn;
  }

  /** `clip` is where what is in `element` can be seen; `zoom` how much larger it is than laid out. */
  enter(element: Element, clip: Edges, zoom = 1): void {
    if (isLeftOut(element)) return;
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility === "hidden") return;
    const scale = style.transform === "none" ? zoom : zoom * new DOMMatrix(style.transform).a;
    const box = element.getBoundingClientRect();
    const room = this.roomOf(element, box, clip);
    if (!room) return;
    if (box.width > 0 && box.height > 0) this.note(element);
    if (element instanceof HTMLCanvasElement) this.copy(element, box, room);
    else if (element instanceof HTMLSelectElement) this.choice(element, style, box);
    else if (element instanceof SVGSVGElement) this.trace(element, box, room, scale);
    else {
      // Hosts are surfaces of the page; a figure lies on white.
      if (!element.localName.includes("-")) this.decorate(element, style, box, room, scale);
      const inner = style.overflow === "visible" ? room : meet(room, edgesOf(box));
      for (const child of childrenOf(element)) {
        if (child instanceof Element) this.enter(child, inner, scale);
        else if (child instanceof Text) this.write(child, style, inner, scale);
      }
    }
  }

  /** Undefined for what is out of sight; what belongs together is there whole or not at all. */
  private roomOf(element: Element, box: DOMRect, clip: Edges): Edges | undefined {
    if (box.width === 0 || box.height === 0) return clip;
    if (element.hasAttribute("data-whole")) {
      return shareOf(box, clip) >= HALF ? around(box) : undefined;
    }
    if (element.hasAttribute("data-beside")) {
      const blocks = element.parentElement?.querySelectorAll("[data-whole]") ?? [];
      const isSeen = [...blocks].some(
        (block) => shareOf(block.getBoundingClientRect(), clip) >= HALF,
      );
      return isSeen ? around(box) : undefined;
    }
    return shareOf(box, clip) > 0 ? clip : undefined;
  }

  private note(element: Element): void {
    const { seen } = this;
    if (element.localName.startsWith("tfx-")) seen.parts.add(element.localName);
    const { column, sample, graphRun } = element as Partial<{
      column: Column;
      sample: number;
      graphRun: ShownRun;
    }>;
    if (graphRun) seen.graph = graphRun;
    if (typeof column === "object" && column.group) {
      seen.columns.set(column.group, column);
      if (element.localName === "tfx-legend") seen.legends.add(column.group);
    }
    if (typeof sample === "number") seen.samples.add(sample);
  }

  private trace(svg: SVGSVGElement, box: DOMRect, clip: Edges, scale: number): void {
    const part = meet(edgesOf(box), clip);
    for (const mark of arrowMarks(svg, scale)) this.add({ ...mark, clips: [pathOf(part)] });
    this.extend(part);
  }

  private copy(canvas: HTMLCanvasElement, box: DOMRect, clip: Edges): void {
    const own = edgesOf(box);
    const marks = this.drawn.get(canvas) ?? [imageOf(canvas, box)];
    const isCut =
      own.left < clip.left ||
      own.top < clip.top ||
      own.right > clip.right ||
      own.bottom > clip.bottom;
    const part = meet(own, clip);
    const cut = isCut ? [pathOf(part)] : [];
    for (const mark of marks) {
      const placed = moved(mark, box.left, box.top);
      this.add(cut.length > 0 ? { ...placed, clips: [...cut, ...(placed.clips ?? [])] } : placed);
    }
    if (marks.length > 0) this.extend(part);
  }

  private choice(select: HTMLSelectElement, style: CSSStyleDeclaration, box: DOMRect): void {
    const text = select.selectedOptions[0]?.textContent?.replace(/\s+/g, " ").trim() ?? "";
    const { measuring } = this;
    if (!measuring || text === "") return;
    measuring.font = `${style.fontWeight} ${style.fontSize} ${FONT}`;
    const {
      fontBoundingBoxAscent: up,
      fontBoundingBoxDescent: down,
      width,
    } = measuring.measureText(text);
    const x = box.left + Number.parseFloat(style.paddingLeft) + 1;
    const y = box.top + (box.height + up - down) / 2;
    const font = fontOf(measuring.font);
    this.add({ kind: "text", text, x, y, font, ink: inkOf(style.color), anchor: "start" });
    this.extend({ ...edgesOf(box), right: x + width });
  }

  private decorate(
    element: Element,
    style: CSSStyleDeclaration,
    box: DOMRect,
    clip: Edges,
    scale: number,
  ): void {
    if (element instanceof HTMLButtonElement && !element.hasAttribute("data-whole")) return;
    // A line along one side of what holds more parts the page, not the figure.
    const isSmall = element.childElementCount === 0 || element.matches("td, th, tr");
    const marks = boxMarks(style, rectOf(box), isSmall, scale);
    if (marks.length === 0) return;
    const part = meet(edgesOf(box), clip);
    const isCut = part.bottom - part.top < box.height - 1 || part.right - part.left < box.width - 1;
    for (const mark of marks) {
      this.add(isCut ? { ...mark, clips: [pathOf(part), ...(mark.clips ?? [])] } : mark);
    }
    this.extend(part);
  }

  private write(node: Text, style: CSSStyleDeclaration, clip: Edges, scale: number): void {
    const { measuring } = this;
    if (!measuring || node.data.trim() === "") return;
    const font = {
      size: scale * Number.parseFloat(style.fontSize),
      weight: Number(style.fontWeight),
    };
    measuring.font = `${font.weight} ${font.size}px ${style.fontFamily}`;
    const ink = inkOf(style.color);
    const isRight = style.textAlign === "right" || style.textAlign === "end";
    for (const line of linesOf(node, measuring, clip, style.textOverflow === "ellipsis")) {
      const x = isRight ? line.right : line.left;
      const anchor = isRight ? "end" : "start";
      this.add({ kind: "text", text: line.text, x, y: line.baseline, font, ink, anchor });
      this.extend(line);
    }
  }

  private add(mark: Mark): void {
    this.marks.push(mark);
  }

  private extend({ left, top, right, bottom }: Edges): void {
    const { bounds } = this;
    this.bounds = {
      left: Math.min(bounds.left, left),
      top: Math.min(bounds.top, top),
      right: Math.max(bounds.right, right),
      bottom: Math.max(bounds.bottom, bottom),
    };
  }
}

/** How much of a box can be seen. */
function shareOf(box: DOMRect, clip: Edges): number {
  const { left, top, right, bottom } = meet(clip, edgesOf(box));
  return (Math.max(0, right - left) * Math.max(0, bottom - top)) / (box.width * box.height);
}

/** A frame has room, too. */
function around({ left, top, right, bottom }: DOMRect): Edges {
  return { left: left - 8, top: top - 8, right: right + 8, bottom: bottom + 8 };
}

/** What is drawn by others, with the pixels that it has. */
function imageOf(canvas: HTMLCanvasElement, { width, height }: DOMRect): Mark {
  return { kind: "image", source: canvas, x: 0, y: 0, width, height, smooth: true, alpha: 1 };
}

function rectOf({ left: x, top: y, width, height }: DOMRect): Rect {
  return { x, y, width, height };
}

function edgesOf({ left, top, right, bottom }: DOMRect): Edges {
  return { left, top, right, bottom };
}

function meet(a: Edges, b: Edges): Edges {
  return {
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  };
}

function pathOf({ left, top, right, bottom }: Edges): string {
  return rectPath(left, top, right - left, bottom - top);
}
