/** A line between two neighbours that is dragged, or moved by arrow keys, to share their room. */

import { css, LitElement, type PropertyDeclarations } from "lit";
import { LEAST_SHARE, MOST_SHARE } from "../../state/fields.ts";
import { define } from "./part.ts";

const KEY_STEP = 2;

/**
 * Tells by `share` how many percent of their parent the neighbour is to have, null for what it
 * has by itself. The neighbour stands before the divider, or, of one with `of="next"`, behind it.
 */
export class Divider extends LitElement {
  static override properties: PropertyDeclarations = {
    orientation: { reflect: true },
    of: {},
    label: {},
  };
  static override styles = css`
    :host {
      display: block;
      position: relative;
      flex: none;
      z-index: 3;
      touch-action: none;
      background: var(--line);
    }
    :host([orientation="vertical"]) {
      width: 1px;
      cursor: col-resize;
    }
    :host([orientation="horizontal"]) {
      height: 1px;
      cursor: row-resize;
    }
    /* Wider for the pointer than for the eye. */
    :host::before {
      content: "";
      position: absolute;
      inset: 0 -4px;
    }
    :host([orientation="horizontal"])::before {
      inset: -4px 0;
    }
    :host::after {
      content: "";
      position: absolute;
      left: 50%;
      top: 50%;
      width: 3px;
      height: 3px;
      border-radius: 2px;
      background: var(--muted);
      translate: -50% -50%;
    }
    :host([orientation="vertical"])::after {
      height: 28px;
    }
    :host([orientation="horizontal"])::after {
      width: 28px;
    }
    :host(:hover),
    :host(:focus-visible) {
      background: var(--accent);
      outline: 1px solid var(--accent);
    }
  `;
  declare orientation: "vertical" | "horizontal";
  declare of: "previous" | "next";
  declare label: string;

  private readonly sizes = new ResizeObserver(() => this.tell());

  constructor() {
    super();
    this.orientation = "vertical";
    this.of = "previous";
    this.label = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.role = "separator";
    this.tabIndex = 0;
    this.ariaValueMin = String(LEAST_SHARE);
    this.ariaValueMax = String(MOST_SHARE);
    this.addEventListener("pointerdown", this.grab);
    this.addEventListener("pointermove", this.drag);
    this.addEventListener("dblclick", this.reset);
    this.addEventListener("keydown", this.steer);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  override firstUpdated(): void {
    if (this.neighbour) this.sizes.observe(this.neighbour);
  }

  override updated(): void {
    this.ariaOrientation = this.orientation;
    this.ariaLabel = this.label;
    this.title = `${this.label}: drag, or use the arrow keys; double click for the usual size`;
  }

  private get neighbour(): Element | null {
    return this.of === "next" ? this.nextElementSibling : this.previousElementSibling;
  }

  private get isVertical(): boolean {
    return this.orientation === "vertical";
  }

  /** What the neighbour has now, in percent of the parent. */
  private get share(): number {
    const own = this.neighbour?.getBoundingClientRect();
    const all = this.parentBox;
    if (!own || !all) return LEAST_SHARE;
    const share = this.isVertical ? own.width / all.width : own.height / all.height;
    return Math.round(100 * share);
  }

  private get parentBox(): DOMRect | undefined {
    const parent = this.parentElement ?? (this.getRootNode() as ShadowRoot).host;
    return parent?.getBoundingClientRect();
  }

  private tell(): void {
    this.ariaValueNow = String(this.share);
  }

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.focus();
    this.setPointerCapture(event.pointerId);
  }

  private drag(event: PointerEvent): void {
    const box = this.parentBox;
    if (!this.hasPointerCapture(event.pointerId) || !box) return;
    const share = this.isVertical
      ? (event.clientX - box.left) / box.width
      : (event.clientY - box.top) / box.height;
    this.move(Math.round(100 * (this.of === "next" ? 1 - share : share)));
  }

  private reset(): void {
    this.dispatchEvent(new CustomEvent("share"));
  }

  private steer(event: KeyboardEvent): void {
    const [less, more] = this.isVertical ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const sign = this.of === "next" ? -1 : 1;
    const wanted: Readonly<Record<string, number>> = {
      [less as string]: this.share - sign * KEY_STEP,
      [more as string]: this.share + sign * KEY_STEP,
      Home: LEAST_SHARE,
      End: MOST_SHARE,
    };
    const share = wanted[event.key];
    if (share === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(share);
  }

  private move(share: number): void {
    const detail = Math.min(Math.max(share, LEAST_SHARE), MOST_SHARE);
    if (detail !== this.share) this.dispatchEvent(new CustomEvent("share", { detail }));
  }
}

define("tfx-divider", Divider);
