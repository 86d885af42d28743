/** The input of a sample: its picture, its words, its curves or its features. */

import { css, html, nothing } from "lit";
import {
  featureName,
  type InputValues,
  inputOfSample,
  tellingInput,
} from "../../analysis/input-values.ts";
import { short } from "../../analysis/numbers.ts";
import { drawPicture, fit, sharpContext } from "../../draw/canvas.ts";
import { drawInput } from "../../draw/curve.ts";
import { paletteOf } from "../../draw/palette.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import "../overview/box-layer.ts";
import { inputRecord, pictureOfInput } from "./map-figure.ts";

/** Above this size there is room for words and numbers. */
const ROOMY = 80;
const MAX_WORDS = 60;

export class PictureCard extends PaintedPart {
  static override properties = {
    run: { attribute: false },
    sample: { type: Number },
    size: { type: Number },
    drawable: { type: Boolean },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        position: relative;
        background: var(--card);
        flex: none;
        overflow: hidden;
      }
      canvas {
        display: block;
      }
      .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        font-size: 11px;
        color: var(--muted);
        text-align: center;
        padding: 4px;
      }
      :host(.small) .none {
        font-size: 9px;
        line-height: 11px;
        padding: 0;
      }
      .text {
        font-size: 11px;
        line-height: 14px;
        padding: 4px 5px;
        overflow-wrap: anywhere;
      }
      :host(.small) .text {
        font-size: 8px;
        line-height: 9px;
        padding: 2px;
      }
      .text div {
        display: flex;
        gap: 4px;
        justify-content: space-between;
        white-space: nowrap;
      }
    `,
  ];
  declare run: ShownRun;
  declare sample: number;
  declare size: number;
  /** Whether boxes are drawn on it. */
  declare drawable: boolean;

  override render() {
    const label = `Input of sample ${this.sample}`;
    const values = this.values;
    this.classList.toggle("small", this.size <= ROOMY);
    if (values?.layout === "tokens") {
      const words = values.words.filter((word) => word !== "").slice(0, MAX_WORDS);
      return html`<div class="text" aria-label=${label} role="group">${words.join(" ")}</div>`;
    }
    if (values?.layout === "features") return this.features(values, label);
    const { store } = this.dashboard;
    const isRefused = store.isRefused(this.run.id, this.pictureName, this.sample);
    const isKnown = (this.pictureName !== "" && !isRefused) || values;
    const why = isRefused ? "not shown" : "no picture";
    return html`<canvas role="img" aria-label=${label}></canvas>
      ${
        this.drawable && this.pictureName !== ""
          ? html`<tfx-boxes .dashboard=${this.dashboard} .size=${this.size}></tfx-boxes>`
          : nothing
      }
      ${isKnown ? nothing : html`<span class="none">${this.size > ROOMY ? why : "–"}</span>`}`;
  }

  /** As many features as there is room for; all of them stand beside their bars. */
  private features(values: InputValues, label: string) {
    if (this.size <= ROOMY) return html`<span class="none">${values.length} features</span>`;
    const rows = Math.floor((this.size - 8) / 14);
    const shown = values.length > rows ? rows - 1 : values.length;
    return html`<div class="text" aria-label=${label} role="group">
      ${Array.from(
        { length: shown },
        (_, i) => html`<div>
          <span class="cut">${featureName(values, i)}</span>
          <span>${short(values.values[i] ?? Number.NaN)}</span>
        </div>`,
      )}
      ${values.length > shown ? html`<div class="muted">${values.length - shown} more</div>` : nothing}
    </div>`;
  }

  override updated(): void {
    this.style.width = `${this.size}px`;
    this.style.height = `${this.size}px`;
    super.updated();
  }

  private get pictureName(): string {
    return this.run.run.inputs[0]?.name ?? "";
  }

  /** Where there is no picture: what another input is. */
  private get values(): InputValues | undefined {
    if (this.pictureName !== "") return undefined;
    const groups = this.run.run.groups.filter(({ kind }) => kind === "values");
    const records = groups.flatMap(({ layer }) => {
      const record = inputRecord(this.dashboard, this.run, layer);
      return record ? [record] : [];
    });
    return inputOfSample(tellingInput(records), this.sample);
  }

  paint(): void {
    const { view } = this.dashboard;
    const { dashboard, run, pictureName, sample, size } = this;
    const picture = pictureOfInput(dashboard, run, pictureName, sample, size);
    const { values } = this;
    if (!this.isNew(picture ?? values, view.curve)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, this.size, this.size);
    if (!context) return;
    const box = { x: 0, y: 0, width: this.size, height: this.size };
    context.clearRect(0, 0, this.size, this.size);
    if (values?.layout === "line") {
      const channel = view.curve;
      drawInput(context, box, values, { channel, large: false, palette: paletteOf(this) });
    }
    if (!picture) return;
    const rect = fit(picture.width, picture.height, box);
    drawPicture(context, picture, rect);
  }
}

define("tfx-picture", PictureCard);
