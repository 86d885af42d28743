/** One histogram of the selected layer: bars at the playhead's epoch, and all epochs of each run. */

import { html, type PropertyDeclarations } from "lit";
import { KERNEL_RAMP } from "../../analysis/colours.ts";
import { countText, shareText } from "../../analysis/compression.ts";
import { epochText, fromText, lastUntil, unitOf } from "../../analysis/epochs.ts";
import { kernelRow, layerRow, sameLayer, zerosText } from "../../analysis/kernels.ts";
import { knownAt } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import {
  type BarsLook,
  drawAxes,
  drawBars,
  drawHeat,
  heatY,
  mostCounted,
  valueRange,
} from "../../draw/histogram.ts";
import {
  type DatedSpread,
  type SpreadName,
  type Spreads,
  sizeOf,
  spreadsOf,
} from "../../draw/spreads.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, PaintedPart, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { spreadStyles } from "./spread-chart-styles.ts";

export interface ChartSize {
  readonly width: number;
  readonly bars: number;
  readonly heat: number;
}

export class SpreadChart extends PaintedPart {
  static override properties: PropertyDeclarations = {
    name: { attribute: false },
    runs: { attribute: false },
    size: { attribute: false },
  };
  static override styles = [base, spreadStyles];

  /** Of what the histogram is. */
  declare name: SpreadName;
  declare runs: readonly ShownRun[];
  declare size: ChartSize;

  private readonly gathered = new Changes();
  private all: readonly Spreads[] = [];
  private range = { low: -1, high: 1 };
  private most = 1;

  override render() {
    const { runs, name, size } = this;
    const [first, last] = [this.dashboard.scene.steps[0], this.dashboard.scene.steps.at(-1)];
    return html`<div style="width: ${size.width}px">
      ${runs.map(
        (run) => html`<p class="zeros">
          <span class="dot" style="background: ${run.colour}"></span
          ><span class="share"><span class="part"></span></span><span class="text cut"></span
          ><span class="from muted"></span>
        </p>`,
      )}
      <div class="histogram">
        <canvas class="axes"></canvas
        ><canvas
          class="bars"
          role="img"
          aria-label="Histogram of the nonzero ${name} at this epoch"
        ></canvas
        ><span class="name muted">${name}</span>
      </div>
      ${runs.map((run) => {
        const title = `${name[0]?.toUpperCase()}${name.slice(1)} over epochs, ${run.name}`;
        return html`<div class="heat" title=${title}>
          <canvas role="img" aria-label=${title}></canvas>
          <span class="side" style="background: ${run.colour}"></span>
          <span class="epochs"><span>${epochText(first ?? 0)}</span><span>${epochText(last ?? 0)}</span></span>
          <span class="playhead"></span>
        </div>`;
      })}
    </div>`;
  }

  override willUpdate(): void {
    const { scene } = this.dashboard;
    const layer = scene.layer ?? "";
    const series = this.runs.map((run) =>
      this.name === "weights"
        ? this.dashboard.kernel(run, layer)
        : this.dashboard.units(run, layer),
    );
    if (!this.gathered.differ(this.name, scene.layer, ...series)) return;
    this.all = series.map((one) => spreadsOf(one, this.name));
    this.range = valueRange(this.all);
    this.most = mostCounted(this.all);
  }

  override updated(): void {
    const { scene } = this.dashboard;
    const { width, heat: height } = this.size;
    const how = { width, height, range: this.range };
    const canvases = this.renderRoot.querySelectorAll<HTMLCanvasElement>(".heat canvas");
    for (const [i, spreads] of this.all.entries()) {
      const canvas = canvases[i];
      if (canvas) drawHeat(canvas, spreads, scene.steps, KERNEL_RAMP, how);
    }
    const style = getComputedStyle(this);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    const axes = this.find<HTMLCanvasElement>(".axes");
    if (axes) drawAxes(axes, this.look, { muted: token("--muted"), line: token("--line") });
    super.updated();
  }

  paint(): void {
    const { step, scene } = this.dashboard;
    if (!this.isNew(step)) return;
    const known = this.all.map((spreads) => lastUntil(spreads, step, (one) => one.step));
    const y = heatY(scene.steps, step + unitOf(scene.steps) / 2, this.size.heat);
    for (const playhead of this.renderRoot.querySelectorAll<HTMLElement>(".playhead")) {
      playhead.style.backgroundPosition = `0 ${y - 2}px`;
    }
    const lines = this.renderRoot.querySelectorAll<HTMLElement>(".zeros");
    for (const [i, run] of this.runs.entries()) this.tellZeros(lines[i], run, known[i]);
    const canvas = this.find<HTMLCanvasElement>(".bars");
    const bars = this.runs.map(({ colour }, i) => ({ spread: known[i]?.spread, colour }));
    if (canvas) drawBars(canvas, bars, this.look);
  }

  private get look(): BarsLook {
    const { range, most, size } = this;
    return { width: size.width, height: size.bars, range, most };
  }

  private tellZeros(
    line: HTMLElement | undefined,
    run: ShownRun,
    known: DatedSpread | undefined,
  ): void {
    const { step } = this.dashboard;
    const spread = known?.spread;
    const size = spread ? sizeOf(spread) : 0;
    const share = spread && size > 0 ? spread.zeros / size : 0;
    const part = line?.querySelector<HTMLElement>(".part");
    if (part) part.style.width = `${100 * share}%`;
    const odd = spread?.nonfinite ? `, ${countText(spread.nonfinite)} NaN or infinite` : "";
    const told = `${zerosText(spread?.zeros ?? 0, size)} (${shareText(share)})${odd}`;
    setText(line?.querySelector(".text") ?? undefined, spread ? told : this.why(run));
    const from = known?.spread ? fromText({ step: known.step, isNow: known.step === step }) : "";
    setText(line?.querySelector(".from") ?? undefined, from);
  }

  /** Why there is no histogram. */
  private why(run: ShownRun): string {
    const { step, scene } = this.dashboard;
    const name = scene.layer ?? "";
    if (this.name === "weights") {
      const { record } = knownAt(this.dashboard.kernels(run), "kernels", step);
      const row = kernelRow(record, sameLayer(scene.kernels, name) ?? name);
      if (!row) return `${run.name} has no such kernel`;
      return row.note || "its weights were not read";
    }
    const { record } = knownAt(this.dashboard.health(run), "health", step);
    const row = layerRow(record, sameLayer(scene.layers, name) ?? name);
    if (!row) return `${run.name} has no such layer`;
    if (this.name === "gradients" && row.state !== "trainable") {
      return row.state === "frozen" ? "frozen: no gradients are taken" : "no weights to train";
    }
    return row.note || `its ${this.name} were not measured`;
  }
}

define("tfx-spread", SpreadChart);
