/** The input picture of a sample, or a neutral card where its input is no picture. */

import { css, html } from "lit";
import { drawPicture, fit, sharpContext } from "../draw/canvas.ts";
import type { ShownRun } from "../state/scene.ts";
import { define, PaintedPart } from "./part.ts";
import { base } from "./styles.ts";

export class PictureCard extends PaintedPart {
  static override properties = {
    run: { attribute: false },
    sample: { type: Number },
    size: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        position: relative;
        background: var(--card);
        flex: none;
      }
      canvas {
        display: block;
      }
      span {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        font-size: 11px;
        color: var(--muted);
        text-align: center;
        padding: 4px;
      }
    `,
  ];
  declare run: ShownRun;
  declare sample: number;
  declare size: number;

  private drawn: readonly unknown[] = [];

  override render() {
    const hasInput = this.run.run.inputs.length > 0;
    const label = `Input of sample ${this.sample}`;
    return html`<canvas role="img" aria-label=${label}></canvas>
      ${hasInput ? "" : html`<span>${this.size > 80 ? "no picture" : "–"}</span>`}`;
  }

  override updated(): void {
    this.drawn = [];
    this.style.width = `${this.size}px`;
    this.style.height = `${this.size}px`;
    super.updated();
  }

  paint(): void {
    const { store, view } = this.dashboard;
    const name = this.run.run.inputs[0]?.name ?? "";
    const picture = store.picture(this.run.id, name, this.sample)?.image;
    if (this.drawn[0] === picture && this.drawn[1] === view.pixels) return;
    this.drawn = [picture, view.pixels];
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, this.size, this.size);
    if (!context || !picture) return;
    context.clearRect(0, 0, this.size, this.size);
    const box = { x: 0, y: 0, width: this.size, height: this.size };
    drawPicture(
      context,
      picture,
      fit(picture.width, picture.height, box),
      view.pixels === "smooth",
    );
  }
}

define("tfx-picture", PictureCard);
