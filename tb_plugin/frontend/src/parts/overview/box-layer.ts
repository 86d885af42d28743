/** Boxes over an input, and dragging draws another one. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { type Box, type BoxAxes, boxText } from "../../analysis/boxes.ts";
import { fit } from "../../draw/canvas.ts";
import { inputAxes } from "../../state/input-axes.ts";
import { define, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { addBox } from "./box-actions.ts";

/** Up to so many positions a side, edges lie between positions; of large pictures, anywhere. */
const COARSE = 64;

type Point = readonly [x: number, y: number];

export class BoxLayer extends Part {
  static override properties: PropertyDeclarations = { size: { type: Number } };
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        cursor: crosshair;
        touch-action: none;
      }
      i {
        position: absolute;
        border: 2px solid #fff;
        outline: 1px solid #000;
        outline-offset: -3px;
        box-shadow: 0 0 0 1px #000;
        pointer-events: none;
      }
      i.drawn {
        border-style: dashed;
      }
    `,
  ];
  /** Of the square that the input is fitted into, in pixels. */
  declare size: number;

  private from: Point | undefined;
  private to: Point | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("pointerdown", this.grab);
    this.addEventListener("pointermove", this.drag);
    this.addEventListener("pointerup", this.release);
  }

  override render() {
    const { axes } = this;
    if (!axes) return nothing;
    const drawn = this.drawn;
    return html`${this.dashboard.view.boxes
      .filter((box) => box.length === axes.sides.length)
      .map((box) => this.frame(box, axes, ""))}
    ${drawn ? this.frame(drawn, axes, "drawn") : nothing}`;
  }

  override updated(): void {
    const [height = 1, width = 1] = this.axes?.sides ?? [];
    const { size } = this;
    const rect = fit(width, height, { x: 0, y: 0, width: size, height: size });
    this.style.left = `${rect.x}px`;
    this.style.top = `${rect.y}px`;
    this.style.width = `${rect.width}px`;
    this.style.height = `${rect.height}px`;
  }

  /** Rows and columns, where boxes can be drawn. */
  private get axes(): BoxAxes | undefined {
    const axes = inputAxes(this.dashboard.scene, this.dashboard.store);
    return axes?.sides.length === 2 ? axes : undefined;
  }

  private frame(box: Box, axes: BoxAxes, kind: string) {
    const [[top = 0, height = 0] = [], [left = 0, width = 0] = []] = box;
    const share = (value: number, axis: number): string =>
      `${(100 * value) / (axes.sides[axis] ?? 1)}%`;
    return html`<i
      class=${kind}
      title=${boxText(box, axes)}
      style="top: ${share(top, 0)}; height: ${share(height, 0)}; left: ${share(left, 1)}; width: ${share(width, 1)}"
    ></i>`;
  }

  /** What is being drawn. */
  private get drawn(): Box | undefined {
    const { from, to, axes } = this;
    if (!from || !to || !axes) return undefined;
    const [height = 1, width = 1] = axes.sides;
    return [rangeOf(from[1], to[1], height), rangeOf(from[0], to[0], width)];
  }

  private readonly grab = (event: PointerEvent): void => {
    if (event.button !== 0 || !this.axes) return;
    event.preventDefault();
    event.stopPropagation();
    this.setPointerCapture(event.pointerId);
    this.from = this.pointOf(event);
    this.to = undefined;
  };

  private readonly drag = (event: PointerEvent): void => {
    if (!this.from) return;
    this.to = this.pointOf(event);
    this.requestUpdate();
  };

  /** A click draws nothing. */
  private readonly release = (): void => {
    const { drawn } = this;
    this.from = this.to = undefined;
    this.requestUpdate();
    if (drawn) addBox(this.dashboard, drawn);
  };

  /** As shares of the input. */
  private pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.getBoundingClientRect();
    const inside = (share: number): number => Math.min(1, Math.max(0, share));
    return [inside((clientX - left) / width), inside((clientY - top) / height)];
  }
}

/** All positions that were dragged over. */
function rangeOf(a: number, b: number, side: number): readonly [number, number] {
  const [low, high] = [Math.min(a, b) * side, Math.max(a, b) * side];
  if (side > COARSE) return [Math.round(low), Math.max(1, Math.round(high) - Math.round(low))];
  const first = Math.min(Math.floor(low + EDGE), side - 1);
  const last = Math.max(first + 1, Math.ceil(high - EDGE));
  return [first, last - first];
}

/** A drag that ends barely behind an edge means the edge. */
const EDGE = 0.2;

define("tfx-boxes", BoxLayer);
