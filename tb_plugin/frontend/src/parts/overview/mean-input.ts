/** The mean of all inputs, on which boxes are drawn. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { memo } from "../../analysis/memo.ts";
import { fit, sharpContext } from "../../draw/canvas.ts";
import { drawPixels } from "../../draw/pixels.ts";
import type { MeanPicture } from "../../format/exchanged.ts";
import type { PictureRecord } from "../../format/maps.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "./box-layer.ts";
import { exchangeAt, isOfVolume } from "./exchange-records.ts";

const pictureOf = memo((mean: MeanPicture): PictureRecord => ({ kind: "picture", ...mean }));

export class MeanInput extends PaintedPart {
  static override properties: PropertyDeclarations = {
    input: { type: String },
    size: { type: Number },
  };
  static override styles = [
    base,
    css`
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin: 0 0 4px;
      }
      :host {
        display: block;
      }
      .frame {
        position: relative;
        width: fit-content;
      }
      canvas {
        display: block;
      }
    `,
  ];
  declare input: string;
  declare size: number;

  override render() {
    if (!this.mean) return nothing;
    return html`
      <h3>${this.isOfVolume ? "mean of all slices" : "mean input"}</h3>
      <div class="frame">
        <canvas role="img" aria-label="Mean of all inputs"></canvas>
        <tfx-boxes .dashboard=${this.dashboard} .size=${this.size}></tfx-boxes>
      </div>
    `;
  }

  private get isOfVolume(): boolean {
    return this.dashboard.scene.shown.some((run) => isOfVolume(run, this.input));
  }

  private get mean(): MeanPicture | undefined {
    const { dashboard, input } = this;
    const last = dashboard.scene.steps.at(-1) ?? 0;
    const all = dashboard.scene.shown.map((run) => exchangeAt(dashboard, run, input, last).record);
    return all.find((record) => record?.mean)?.mean;
  }

  paint(): void {
    const { mean, size } = this;
    if (!mean || !this.isNew(mean, size)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, size, size);
    if (!context) return;
    context.clearRect(0, 0, size, size);
    const rect = fit(mean.width, mean.height, { x: 0, y: 0, width: size, height: size });
    drawPixels(context, pictureOf(mean), rect);
  }
}

define("tfx-mean-input", MeanInput);
