/** A picture that an explainer made of one sample in one run, shown as it is. */

import { html } from "lit";
import { type Known, knownAt, partsOf } from "../../data/series.ts";
import { fit, sharpContext } from "../../draw/canvas.ts";
import { drawPixels } from "../../draw/pixels.ts";
import type { PictureRecord } from "../../format/maps.ts";
import { define, setText } from "../frame/part.ts";
import { RunCell } from "./cell.ts";
import { plainFlag } from "./map-flag.ts";

export class MadePictureCell extends RunCell {
  override render() {
    const { explainer } = this.column;
    const name = `${explainer}, sample ${this.sample}, run ${this.run.name}`;
    return html`<div class="frame">
        <canvas role="img" aria-label=${name}></canvas><span class="flag"></span>
      </div>
      <dl>
        <dt>pixels</dt>
        <dd class="size"></dd>
      </dl>`;
  }

  paint(): void {
    const { store, step, revision } = this.dashboard;
    const known = knownAt(store.get(this.run.id, this.column.group, this.sample), "picture", step);
    if (!this.isNew(...partsOf(known), revision)) return;
    this.draw(known);
    const { record } = known;
    setText(this.find(".size"), record ? `${record.height} × ${record.width}` : "–");
    const weights = this.dashboard.weights(this.run.id, known.step);
    setText(this.find(".flag"), plainFlag(known, store.busy, weights));
  }

  private draw({ record }: Known<PictureRecord>): void {
    const side = this.size;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, side, side);
    if (!context) return;
    context.clearRect(0, 0, side, side);
    if (!record) return;
    const box = { x: 0, y: 0, width: side, height: side };
    drawPixels(context, record, fit(record.width, record.height, box));
  }
}

define("tfx-made-picture-cell", MadePictureCell);
