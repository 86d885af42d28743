/** The selected kernel: its weights at the playhead's epoch and over all, and its facts. */

import { html, nothing } from "lit";
import { KERNEL_RAMP } from "../../analysis/colours.ts";
import { shareText } from "../../analysis/compression.ts";
import { fromText, withEpoch } from "../../analysis/epochs.ts";
import { type Fact, factsOfKernel } from "../../analysis/kernel-facts.ts";
import { kernelRow, zerosText } from "../../analysis/kernels.ts";
import { briefOrigin, originText } from "../../analysis/moments.ts";
import { type Known, knownAt, recordsOf, type Series } from "../../data/series.ts";
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
import type { Kernel } from "../../format/compressed.ts";
import type { ShownRun } from "../../state/runs.ts";
import { compressed } from "../../state/scene.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { nameText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { kernelStyles } from "./kernel-view-styles.ts";

const MAX_RUNS = 4;
/** Where there is less room for the charts, the facts stand under them. */
const LEAST_CHART = 220;

export class KernelView extends SizedPart {
  static override styles = [base, kernelStyles];

  private size = { width: 0, height: 0 };
  private readonly gathered = new Changes();
  private range = { low: -1, high: 1 };
  private most = 1;
  private facts: readonly Fact[] = [];
  /** Found once, not in every frame. */
  private cells: readonly { cell: Element; fact: Fact; run: number }[] = [];

  override render() {
    const { layer } = this.dashboard.scene;
    if (layer === undefined) return nothing;
    const { runs } = this;
    return html`<div class="scroll" tabindex="0" role="group" aria-label="Selected kernel">
      <h2 class="cut" title=${layer}>${layer}</h2>
      <div class="both ${this.isBeside ? "beside" : ""}">
        <div class="charts" style="width: ${this.chartWidth}px">
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
              aria-label="Histogram of the nonzero weights at this epoch"
            ></canvas>
          </div>
          ${runs.map(
            (run) => html`<div class="heat" title="Weights over epochs, ${run.name}">
              <canvas role="img" aria-label="Weights over epochs, ${run.name}"></canvas>
              <span class="side" style="background: ${run.colour}"></span>
              <span class="epochs"
                ><span>${this.dashboard.scene.steps[0]}</span
                ><span>${this.dashboard.scene.steps.at(-1)}</span></span
              >
              <span class="playhead"></span>
            </div>`,
          )}
        </div>
        <table class="facts">
          <thead>
            <tr>
              <td></td>
              ${runs.map(
                (run) => html`<th scope="col" title=${run.name}>
                  <span class="who"
                    ><span class="dot" style="background: ${run.colour}"></span
                    >${nameText(run.name)}</span
                  ><span class="from muted"></span>
                </th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${this.facts.map(
              ({ name, label }) => html`<tr>
                <th scope="row">${label}</th>
                ${runs.map((_, i) => html`<td data-fact=${name} data-run=${i}></td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`;
  }

  private get runs(): readonly ShownRun[] {
    return compressed(this.dashboard.scene).slice(0, MAX_RUNS);
  }

  private get series(): (Series | undefined)[] {
    return this.runs.map((run) => this.dashboard.kernel(run, this.dashboard.scene.layer ?? ""));
  }

  // ------------------------------------------------------------------ sizes

  private get isBeside(): boolean {
    return this.size.width >= LEAST_CHART + this.factsWidth;
  }

  private get chartWidth(): number {
    return Math.max(160, this.size.width - 28 - (this.isBeside ? this.factsWidth + 16 : 0));
  }

  private get factsWidth(): number {
    return 120 + 76 * this.runs.length;
  }

  private get heights(): { bars: number; heat: number } {
    const count = Math.max(1, this.runs.length);
    const room = this.size.height - 40 - 20 * count - 6 * count;
    const bars = Math.min(Math.max(room * 0.55, 84), 220);
    return { bars, heat: Math.min(Math.max((room - bars) / count, 34), 120) };
  }

  private get look(): BarsLook {
    const { range, most } = this;
    return { width: this.chartWidth, height: this.heights.bars, range, most };
  }

  protected layOut(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width, height };
    this.requestUpdate();
  }

  // ------------------------------------------------------------------ drawing

  override willUpdate(): void {
    const { series, runs } = this;
    const { scene, store, dark } = this.dashboard;
    const tables = runs.map((run) => this.dashboard.kernels(run));
    const { width, height } = this.size;
    const how = [scene.layer, dark, width, height, scene.steps.at(-1), store];
    if (!this.gathered.differ(...how, ...series, ...tables)) return;
    this.range = valueRange(series);
    this.most = mostCounted(series);
    this.facts = this.told(scene.layer ?? "", series, tables);
  }

  /** The facts that are known of any run at any epoch: rows that stay while scrubbing. */
  private told(
    layer: string,
    series: readonly (Series | undefined)[],
    tables: readonly (Series | undefined)[],
  ): Fact[] {
    return factsOfKernel(layer).filter(
      ({ tell }) =>
        tables.some((one) => recordsOf(one, "kernels").some((record) => tell(record, undefined))) ||
        series.some((one) => recordsOf(one, "kernel").some((record) => tell(undefined, record))),
    );
  }

  override updated(): void {
    const { heat: height } = this.heights;
    const { scene } = this.dashboard;
    const how = { width: this.chartWidth, height, range: this.range };
    const canvases = this.renderRoot.querySelectorAll<HTMLCanvasElement>(".heat canvas");
    for (const [i, series] of this.series.entries()) {
      const canvas = canvases[i];
      if (canvas) drawHeat(canvas, series, scene.steps, KERNEL_RAMP, how);
    }
    const style = getComputedStyle(this);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    const axes = this.find<HTMLCanvasElement>(".axes");
    if (axes) drawAxes(axes, this.look, { muted: token("--muted"), line: token("--line") });
    this.cells = this.facts.flatMap((fact) =>
      this.runs.flatMap((_, run) => {
        const cell = this.find(`[data-fact="${fact.name}"][data-run="${run}"]`);
        return cell ? [{ cell, fact, run }] : [];
      }),
    );
    super.updated();
  }

  paint(): void {
    const { step, scene } = this.dashboard;
    const { runs } = this;
    if (!this.isNew(step)) return;
    const known = this.series.map((series) => knownAt(series, "kernel", step));
    const records = known.map(({ record }) => record);
    const y = heatY(scene.steps, step + 0.5, this.heights.heat);
    for (const playhead of this.renderRoot.querySelectorAll<HTMLElement>(".playhead")) {
      playhead.style.backgroundPosition = `0 ${y - 2}px`;
    }
    const lines = this.renderRoot.querySelectorAll<HTMLElement>(".zeros");
    for (const [i, run] of runs.entries()) this.tellZeros(lines[i], run, known[i]);
    this.tellFacts(known);
    const canvas = this.find<HTMLCanvasElement>(".bars");
    const bars = runs.map(({ colour }, i) => ({ record: records[i], colour }));
    if (!canvas) return;
    drawBars(canvas, bars, this.look);
  }

  private tellZeros(
    line: HTMLElement | undefined,
    run: ShownRun,
    known: Known<Kernel> | undefined,
  ): void {
    const record = known?.record;
    const part = line?.querySelector<HTMLElement>(".part");
    const text = line?.querySelector(".text") ?? undefined;
    const counted = record?.counts.reduce((a, b) => a + b, 0) ?? 0;
    const size = record ? counted + record.zeros + record.nonfinite : 0;
    const share = record && size > 0 ? record.zeros / size : 0;
    if (part) part.style.width = `${100 * share}%`;
    const told = `${zerosText(record?.zeros ?? 0, size)} (${shareText(share)})`;
    setText(text, record ? told : this.why(run));
    setText(line?.querySelector(".from") ?? undefined, known?.record ? fromText(known) : "");
  }

  private why(run: ShownRun): string {
    const { step, scene } = this.dashboard;
    const { record } = knownAt(this.dashboard.kernels(run), "kernels", step);
    const row = kernelRow(record, scene.layer ?? "");
    if (!row) return `${run.name} has no such kernel`;
    return row.note || "its weights were not read";
  }

  /** A column of facts is of the epoch in its head; a cell that is of another one says so itself. */
  private tellFacts(kernels: readonly Known<Kernel>[]): void {
    const { step } = this.dashboard;
    const tables = this.runs.map((run) => knownAt(this.dashboard.kernels(run), "kernels", step));
    const heads = this.renderRoot.querySelectorAll("thead .from");
    for (const [i, table] of tables.entries()) {
      setText(heads[i], briefOrigin(table));
      heads[i]?.setAttribute("title", originText(table));
    }
    for (const { cell, fact, run } of this.cells) {
      const [table, kernel] = [tables[run], kernels[run]];
      const own = fact.tell(table?.record, undefined);
      const text = own || fact.tell(undefined, kernel?.record);
      const isOther = !own && text && kernel && kernel.step !== table?.step;
      setText(cell, isOther ? withEpoch(text, kernel) : text || "–");
    }
  }
}

define("tfx-kernel", KernelView);
