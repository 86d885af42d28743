/** A figure with two axes on a canvas: what is drawn in it, told and chosen comes from outside. */

import { css, html, type PropertyDeclarations } from "lit";
import { sharpContext } from "../../draw/canvas.ts";
import { paletteOf } from "../../draw/palette.ts";
import { Plot, type PlotAxes, type PlotSize } from "../../draw/plot.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";

export class PlotFigure extends PaintedPart {
  static override properties: PropertyDeclarations = {
    label: { type: String },
    size: { attribute: false },
    axes: { attribute: false },
    draw: { attribute: false },
    tell: { attribute: false },
    choose: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
      }
      canvas {
        display: block;
      }
      canvas.choosing {
        cursor: pointer;
      }
    `,
  ];
  declare label: string;
  declare size: PlotSize;
  declare axes: PlotAxes;
  declare draw: (plot: Plot) => void;
  /** What is said about a place; empty for nothing. */
  declare tell: ((plot: Plot, x: number, y: number) => string) | undefined;
  declare choose: ((plot: Plot, x: number, y: number) => void) | undefined;

  private plot: Plot | undefined;

  override render() {
    return html`<canvas
      role="img"
      class=${this.choose ? "choosing" : ""}
      aria-label=${this.label}
      @pointermove=${this.readOut}
      @pointerleave=${() => hideReadout(this.dashboard)}
      @click=${({ offsetX, offsetY }: MouseEvent) => {
        if (this.plot) this.choose?.(this.plot, offsetX, offsetY);
      }}
    ></canvas>`;
  }

  paint(): void {
    const { size, axes, draw } = this;
    if (!this.isNew(size, axes, draw)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, size.width, size.height);
    if (!context) return;
    this.plot = new Plot(context, size, axes, paletteOf(this));
    this.plot.frame();
    draw(this.plot);
  }

  private readOut({ offsetX, offsetY, clientX, clientY }: PointerEvent): void {
    const text = (this.plot && this.tell?.(this.plot, offsetX, offsetY)) ?? "";
    if (text) showReadout(this.dashboard, clientX, clientY, text);
    else hideReadout(this.dashboard);
  }
}

define("tfx-plot", PlotFigure);
