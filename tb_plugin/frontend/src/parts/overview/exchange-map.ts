/** Where predictions of one run follow exchanged windows, and the sentence that says it. */

import { css, html, type PropertyDeclarations } from "lit";
import { withEpoch } from "../../analysis/epochs.ts";
import {
  chanceOf,
  exchangeText,
  gridOf,
  isAboveChance,
  largestShare,
  type RowNames,
  whole,
} from "../../analysis/exchange-facts.ts";
import { className } from "../../analysis/filters.ts";
import { partsOf } from "../../data/series.ts";
import { sharpContext } from "../../draw/canvas.ts";
import { barsHeight, type CellAt, drawExchange } from "../../draw/exchange.ts";
import type { Exchange } from "../../format/exchanged.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, PaintedPart, setText } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";
import { exchangeAt, exchangeLimit, isOfVolume, rowNames, whyNone } from "./exchange-records.ts";

export class ExchangeMap extends PaintedPart {
  static override properties: PropertyDeclarations = {
    run: { attribute: false },
    input: { type: String },
    size: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      canvas {
        display: block;
      }
      p {
        font-size: 12.5px;
        line-height: 16px;
        margin-top: 5px;
      }
      p b {
        font-size: 15px;
        line-height: 20px;
        display: block;
      }
      .epoch {
        color: var(--muted);
      }
      .epoch:empty {
        display: none;
      }
    `,
  ];
  declare run: ShownRun;
  declare input: string;
  declare size: number;

  private at: CellAt = () => -1;

  override render() {
    return html`
      <canvas
        role="img"
        aria-label="Where predictions of ${this.run.name} follow what is exchanged"
        @pointermove=${this.readOut}
        @pointerleave=${() => hideReadout(this.dashboard)}
      ></canvas>
      <p><b class="place"></b><span class="rest muted"></span></p>
    `;
  }

  paint(): void {
    const { dashboard, run, input, size } = this;
    const { view, step } = dashboard;
    const known = exchangeAt(dashboard, run, input, step);
    const limit = exchangeLimit(dashboard, input);
    if (!this.isNew(...partsOf(known), limit, size, view.sequential, view.given)) return;
    const { record } = known;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const row = rowNames(dashboard, run, input);
    const { names } = row;
    const count = record?.sides.length === 1 ? (record.shares.shape[0] ?? 0) : 0;
    const height = count > 0 ? barsHeight(count, names, size) : size;
    const context = canvas && sharpContext(canvas, size, height);
    if (!context) return;
    context.clearRect(0, 0, size, height);
    if (record) {
      const { given } = view;
      const colouring = {
        ...{ ramp: view.sequential, limit, signed: false, smooth: false },
      };
      const isOutlined = given === undefined && isAboveChance(record);
      const look = { grid: gridOf(record, given), colouring, isOutlined, names };
      const box = { x: 0, y: 0, width: size, height };
      this.at = drawExchange(context, box, record, { ...look, chance: chanceOf(record) });
    }
    this.write(() => {
      const [first, ...rest] = record ? this.texts(record, row) : [whyNone(run, known, input)];
      setText(this.find(".place"), first ?? "");
      const isTold = record && !known.isNow;
      setText(this.find(".rest"), isTold ? withEpoch(rest.join(" · "), known) : rest.join(" · "));
    });
  }

  private texts(record: Exchange, row: RowNames): readonly string[] {
    const { given } = this.dashboard.view;
    const slices = isOfVolume(this.run, this.input) ? ["the most of any slice"] : [];
    const rest = [`chance ${whole(chanceOf(record))}`, `${record.pairs} pairs`, ...slices];
    if (given !== undefined) {
      const most = whole(largestShare([record], given));
      return [`up to ${most} follow ${className(this.run.samples, given)}`, ...rest];
    }
    if (isAboveChance(record)) {
      const [followed = "", ...told] = exchangeText(record, row).split(" · ");
      return [followed, "outlined", ...told, ...slices];
    }
    return ["follow no place", ...rest];
  }

  private readOut(event: PointerEvent): void {
    const { dashboard, run, input } = this;
    const { record } = exchangeAt(dashboard, run, input, dashboard.step);
    const index = this.at(event.offsetX, event.offsetY);
    if (!record || index < 0) {
      hideReadout(dashboard);
      return;
    }
    const { shape, values } = gridOf(record, dashboard.view.given);
    const width = shape.at(-1) ?? 1;
    const { unit, names } = rowNames(dashboard, run, input);
    const place =
      shape.length === 1
        ? names[index] || `${unit} ${index * (record.cell[0] ?? 1)}`
        : `row ${Math.floor(index / width) * (record.cell[0] ?? 1)}, column ${(index % width) * (record.cell[1] ?? 1)}`;
    const told = `${place}: ${whole(values[index] ?? Number.NaN)} follow`;
    const interval =
      dashboard.view.given === undefined
        ? ` (${whole(record.low.values[index] ?? 0)} to ${whole(record.high.values[index] ?? 0)})`
        : "";
    showReadout(dashboard, event.clientX, event.clientY, told + interval);
  }
}

define("tfx-exchange-map", ExchangeMap);
