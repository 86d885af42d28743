/** What the graph of layers is made of: boxes of nodes and groups, edges, bars of colour. */

import { html, nothing, svg } from "lit";
import { colourAt, KERNEL_RAMP } from "../../analysis/colours.ts";
import { fractionOn, type Scale } from "../../analysis/compression.ts";
import type { Box, Layout } from "../../analysis/graph-layout.ts";
import { callsIn, type GraphNode, groupId, isGroup } from "../../analysis/layer-graph.ts";
import { plural } from "../../analysis/numbers.ts";
import { nameText } from "../frame/path-text.ts";

interface NodeLook {
  readonly isChosen: boolean;
  /** Whether the chosen layer is inside. */
  readonly isHolding: boolean;
  /** Whether Tab leads here. */
  readonly isStop: boolean;
  readonly canChoose: boolean;
  /** How many layers inside have the name that is looked for; undefined where none is. */
  readonly found: number | undefined;
  readonly choose: () => void;
  readonly notice: () => void;
}

export function nodeBox(node: GraphNode, box: Box, look: NodeLook) {
  const isFolded = isGroup(node);
  const { found } = look;
  const classes = [
    "node",
    ...(isFolded ? ["folded"] : []),
    ...(look.isHolding ? ["holds"] : []),
    ...(found === 0 ? ["faint"] : []),
  ];
  return html`<button
    class=${classes.join(" ")}
    style=${place(box)}
    data-stop=${node.id}
    data-whole
    tabindex=${look.isStop ? 0 : -1}
    aria-pressed=${isFolded ? nothing : String(look.isChosen)}
    aria-expanded=${isFolded ? "false" : nothing}
    aria-disabled=${look.canChoose ? nothing : "true"}
    title=${titleOf(node)}
    @click=${look.choose}
    @focus=${look.notice}
    @pointerenter=${look.notice}
  >
    <span class="first"
      >${nameText(isFolded ? `+ ${node.label}` : node.label)}<span class="value"></span
    ></span>
    <span class="second">
      <span class="cut">${node.row?.type ?? "layers named alike"}</span>
      <span>${isFolded && found ? `${found} found` : sizeText(node)}</span>
    </span>
    <span class="colour"></span>
  </button>`;
}

/** Beside a node, what it reads as many others do. */
export function stubOf({ text, box }: Layout["stubs"][number]) {
  return html`<span class="stub" data-whole style=${place(box)} title="Reads ${text}, too"
    ><span class="cut">${text}</span>→</span
  >`;
}

/** An open group, with what folds it. */
export function groupBox(node: GraphNode, box: Box, fold: () => void) {
  return html`<div class="group" style=${place(box)}>
    <button
      class="cut"
      data-stop=${groupId(node)}
      tabindex="-1"
      aria-expanded="true"
      title="Fold ${node.row?.name ?? node.label}"
      @click=${fold}
    >
      − ${node.label}
    </button>
  </div>`;
}

function place({ left, top, width, height }: Box): string {
  return `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px`;
}

export function edgesOf({ width, height, edges }: Layout) {
  return html`<svg width=${width} height=${height} aria-hidden="true">
    <marker id="end" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto">
      <path d="M0 0 6 3 0 6z" />
    </marker>
    <g class="edges">
      ${edges.map((points) => svg`<path d=${smooth(points)} marker-end="url(#end)" />`)}
    </g>
  </svg>`;
}

/** A part of the bar for each number, from the left or the top; hatched where none is known. */
export function colourBar(
  bar: HTMLElement,
  values: readonly number[],
  scale: Scale,
  to: "right" | "bottom" = "right",
): void {
  const shares = values.map((value) => fractionOn(scale, value));
  const known = shares.filter((share) => !Number.isNaN(share));
  bar.hidden = values.length === 0;
  bar.classList.toggle("unknown", known.length === 0);
  const stops = known.map((share, i) => {
    const [from, to] = [i, i + 1].map((at) => `${((100 * at) / known.length).toFixed(2)}%`);
    return `rgb(${colourAt(KERNEL_RAMP, share).join(" ")}) ${from} ${to}`;
  });
  bar.style.background = stops.length > 0 ? `linear-gradient(to ${to}, ${stops.join(", ")})` : "";
}

/** A curve through points of straight lines. */
function smooth(points: Layout["edges"][number]): string {
  const [first, ...others] = points;
  if (!first) return "";
  const parts = others.map(({ x, y }, i) => {
    const next = others[i + 1];
    if (!next) return `L${x} ${y}`;
    return `Q${x} ${y} ${(x + next.x) / 2} ${(y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y}${parts.join("")}`;
}

function sizeText(node: GraphNode): string {
  return isGroup(node) ? plural(callsIn(node).length, "layer") : (node.row?.shape ?? "");
}

export function titleOf(node: GraphNode): string {
  const { row } = node;
  if (!row) return `${node.label}: ${sizeText(node)}. Open it`;
  const state = row.state === "frozen" ? "frozen" : "";
  const said = [row.type, row.shape, row.activation, state, row.mode === "float" ? "" : row.mode];
  return `${row.name}: ${said.filter(Boolean).join(", ")}${isGroup(node) ? ". Open it" : ""}`;
}

/** Between nodes, the graph is moved by dragging. */
export function dragScroll(event: PointerEvent): void {
  const scroll = event.currentTarget as HTMLElement;
  if (event.button !== 0 || event.pointerType !== "mouse") return;
  if ((event.target as Element).closest("button")) return;
  const move = ({ movementX, movementY }: PointerEvent): void =>
    scroll.scrollBy(-movementX, -movementY);
  const end = (): void => {
    scroll.classList.remove("moved");
    scroll.removeEventListener("pointermove", move);
  };
  scroll.classList.add("moved");
  scroll.setPointerCapture(event.pointerId);
  scroll.addEventListener("pointermove", move);
  scroll.addEventListener("lostpointercapture", end, { once: true });
}
