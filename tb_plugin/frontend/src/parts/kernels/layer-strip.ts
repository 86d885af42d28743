/** Kernels or layers down, epochs across, one strip for each run: where and when a metric changed. */

import { html, nothing } from "lit";
import { KERNEL_RAMP } from "../../analysis/colours.ts";
import { type Metric, metricOf, type Scale } from "../../analysis/compression.ts";
import { epochText } from "../../analysis/epochs.ts";
import { cellText, sameLayer, type Table } from "../../analysis/kernels.ts";
import { originText, whenText } from "../../analysis/moments.ts";
import { metricsIn, rowsWith, tableAt, valueText } from "../../analysis/strip-rows.ts";
import type { Known, Series } from "../../data/series.ts";
import { Changes } from "../../draw/changes.ts";
import {
  type Axis,
  axisOf,
  type Cells,
  cellsOf,
  drawStrip,
  middleOf,
  playheadOf,
  ROW,
  scaleOf,
  stepAt,
  ticksOf,
} from "../../draw/strip.ts";
import type { ShownRun } from "../../state/runs.ts";
import { stripStyles } from "./layer-strip-styles.ts";
import type { MetricBar } from "./metric-bar.ts";
import { frozenNote, restNote } from "./strip-notes.ts";
import { kindWith, rowsIn, runsWith, tablesOf } from "./strip-tables.ts";
import "./metric-bar.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { pathText } from "../frame/path-text.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";

/** More rows than this would need a canvas higher than browsers allow. */
const MAX_ROWS = 500;
const LEAST_WIDTH = 72;
/** Letters of a name that is cut off where there is usual room. */
const LONG = 28;
const VALUES = 66;
const GAP = 10;
const SIDES = 32;

export class LayerStrip extends SizedPart {
  static override styles = [base, stripStyles];

  private readonly gathered = new Changes();
  private isDrawn = false;
  private seen: string | undefined;
  /** Whether the chosen row may be out of sight: it is moved once all around it has its size. */
  private isHidden = false;
  /** The kind of table that has the metric. */
  private kind: Table["kind"] = "kernels";
  private names: readonly string[] = [];
  /** Layers without a row, because they are not trained. */
  private frozen: readonly string[] = [];
  /** How many rows there are, shown or not. */
  private count = 0;
  private cells: readonly Cells[] = [];
  private scale: Scale = { low: 0, high: 1 };
  private hostWidth = 0;
  private view: { top: number; height: number } = { top: 0, height: 600 };
  private focused: string | undefined;
  private axis: Axis = axisOf([], 1);

  override render() {
    const { runs, names } = this;
    const what = this.kind === "kernels" ? "kernel" : "layer";
    return html`
      <tfx-metric-bar
        .dashboard=${this.dashboard}
        .names=${this.metrics}
        .scale=${this.scale}
      ></tfx-metric-bar>
      <div class="scroll" @scroll=${this.scrolled} style="--names: ${this.nameWidth}px">
        <div class="head line">
          <span class="corner muted">${what}</span>
          ${runs.map((run) => this.heading(run))}
        </div>
        ${frozenNote(this.frozen)}
        <div class="rows line">
          <ul aria-label=${this.kind === "kernels" ? "Kernels" : "Layers"} @keydown=${this.steer} @focusout=${() => this.notice(undefined)}>
            ${names.map((name, i) => this.row(name, i))}
          </ul>
          ${runs.map((run) => this.strip(run, names))}
        </div>
        ${restNote(names.length, this.count, what)}
        <div class="foot line" aria-hidden="true">
          <span class="corner muted">epoch</span>
          ${runs.map(() => this.ticks())}
        </div>
      </div>
    `;
  }

  private heading(run: ShownRun) {
    return html`<span class="who" style="width: ${this.stripWidth + VALUES}px" title=${run.name}>
      <span class="dot" style="background: ${run.colour}"></span><span class="cut">${run.name}</span>
      <span class="from muted"></span>
    </span>`;
  }

  private row(name: string, index: number) {
    const isChosen = name === this.chosen;
    const focusable = this.focused ?? this.chosen ?? this.names[0];
    return html`<li>
      <button
        title=${name}
        data-index=${index}
        aria-pressed=${isChosen}
        tabindex=${name === focusable ? 0 : -1}
        @focus=${() => this.notice(name)}
        @click=${() => this.dashboard.selectLayer(name)}
      >
        ${pathText(this.dashboard.scene.layerText(name))}
      </button>
    </li>`;
  }

  private strip(run: ShownRun, names: readonly string[]) {
    const chosen = names.indexOf(this.chosen ?? "");
    return html`<div
        class="strip"
        style="width: ${this.axis.width}px"
        @pointermove=${(event: PointerEvent) => this.point(event, run)}
        @pointerleave=${() => hideReadout(this.dashboard)}
        @click=${this.pick}
      >
        <canvas role="img" aria-label="${this.metric.label} over epochs, ${run.name}"></canvas>
        ${chosen < 0 ? nothing : html`<div class="chosen" style="top: ${chosen * ROW}px"></div>`}
        <div class="playhead"></div>
      </div>
      <div class="values" data-run=${run.id}>${names.map(() => html`<span></span>`)}</div>`;
  }

  private ticks() {
    const { axis } = this;
    return html`<span class="ticks" style="width: ${axis.width + VALUES}px"
      >${ticksOf(axis).map(
        (tick) => html`<span style="left: ${middleOf(axis, tick)}px">${epochText(tick)}</span>`,
      )}</span
    >`;
  }

  // ------------------------------------------------------------------ what is shown

  private get runs(): readonly ShownRun[] {
    return runsWith(this.dashboard, this.kind);
  }

  private seriesOf(run: ShownRun): Series | undefined {
    return tablesOf(this.dashboard, this.kind, run);
  }

  private tableAt(run: ShownRun, step: number): Known<Table> {
    return tableAt(this.seriesOf(run), step);
  }

  /** The row of the selected kernel or layer. */
  private get chosen(): string | undefined {
    return sameLayer(this.names, this.dashboard.scene.layer);
  }

  private get metric(): Metric {
    return metricOf(this.dashboard.scene.metric);
  }

  private get metrics(): string[] {
    const { dashboard } = this;
    return metricsIn(dashboard.scene.shown.flatMap((run) => dashboard.tables(run)));
  }

  private get nameWidth(): number {
    // One run's strip leaves the room for longer names.
    const isOne = this.runs.length === 1;
    if (this.hostWidth < (isOne ? 480 : 700)) return 132;
    const { layerText, kernels, layers } = this.dashboard.scene;
    const isLong = [...kernels, ...layers].some((name) => layerText(name).length > LONG);
    return isOne && isLong && this.hostWidth >= 700 ? 280 : 200;
  }

  private get stripWidth(): number {
    const count = Math.max(1, this.runs.length);
    const room = this.hostWidth - SIDES - this.nameWidth - count * (VALUES + GAP);
    return Math.max(LEAST_WIDTH, Math.floor(room / count));
  }

  // ------------------------------------------------------------------ drawing

  /** Numbers are gathered only when they, or the way they are drawn, changed. */
  override willUpdate(): void {
    const { dark, scene } = this.dashboard;
    this.kind = kindWith(this.dashboard, this.metric.name);
    const { runs, metric } = this;
    this.axis = axisOf(scene.steps, this.stripWidth);
    const series = runs.map((run) => this.seriesOf(run));
    const all = rowsIn(this.dashboard, this.kind);
    const key = [dark, metric.name, this.axis.width, this.axis.end, all.join("\n")];
    if (!this.gathered.differ(...key, ...series)) return;
    const cells = (names: readonly string[]): Cells[] =>
      series.map((one) => cellsOf(one, names, metric.name));
    const { names, frozen } =
      this.kind === "health"
        ? rowsWith(metric.name, all, cells(all), series)
        : { names: all, frozen: [] };
    this.frozen = frozen;
    this.count = names.length;
    this.names = names.slice(0, MAX_ROWS);
    this.cells = cells(this.names);
    this.scale = scaleOf(metric, this.cells);
    this.isDrawn = false;
  }

  override updated(): void {
    if (!this.isDrawn && this.hostWidth > 0) this.draw();
    const { layer } = this.dashboard.scene;
    if (layer !== this.seen) {
      this.seen = layer;
      this.isHidden = true;
    }
    super.updated();
  }

  override drawAnew(): void {
    this.isDrawn = false;
    super.drawAnew();
  }

  private draw(): void {
    this.isDrawn = true;
    const style = getComputedStyle(this);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    const palette = { panel: token("--panel"), card: token("--card"), muted: token("--muted") };
    const { axis, scale } = this;
    const { unit } = this.metric;
    const ramp = KERNEL_RAMP;
    const canvases = this.renderRoot.querySelectorAll<HTMLCanvasElement>("canvas");
    for (const [i, cells] of this.cells.entries()) {
      const canvas = canvases[i];
      if (canvas) drawStrip(canvas, cells, { axis, scale, unit, ramp, palette });
    }
  }

  paint(): void {
    const { step } = this.dashboard;
    if (this.isHidden) this.find("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
    this.isHidden = false;
    const x = playheadOf(this.axis, step, this.dashboard.scene.steps.length);
    for (const playhead of this.renderRoot.querySelectorAll<HTMLElement>(".playhead")) {
      playhead.style.backgroundPosition = `${x - 2}px 0`;
    }
    const notes = this.renderRoot.querySelectorAll(".head .from");
    const columns = this.renderRoot.querySelectorAll<HTMLElement>(".values");
    for (const [i, run] of this.runs.entries()) {
      const known = this.tableAt(run, step);
      setText(notes[i], originText(known));
      if (columns[i]) this.tellValues(columns[i], known.record);
    }
    const bar = this.find<MetricBar>("tfx-metric-bar");
    bar?.tell(this.told);
  }

  /** Only the rows in sight: a model may have hundreds. */
  private tellValues(column: HTMLElement, record: Table | undefined): void {
    const { names, metric } = this;
    const from = Math.max(0, Math.floor(this.view.top / ROW) - 1);
    const to = Math.min(names.length, Math.ceil((this.view.top + this.view.height) / ROW) + 1);
    for (let i = from; i < to; i++) {
      setText(column.children[i], valueText(record, names[i] ?? "", metric));
    }
  }

  /** What the strip says of the row in focus, else what the metric means. */
  private get told(): string {
    const { focused } = this;
    if (focused === undefined) return this.metric.meaning;
    const { step } = this.dashboard;
    return this.runs.map((run) => this.textOf(run, focused, step)).join("; ");
  }

  private textOf(run: ShownRun, name: string, step: number): string {
    const { record, step: own } = this.tableAt(run, step);
    if (own === undefined) return `${name}, ${run.name}, epoch ${epochText(step)}: not known yet`;
    const value = cellText(record, name, this.metric.name);
    return `${name}, ${run.name}, ${whenText(record, own)}: ${value}`;
  }

  protected layOut(): void {
    const scroll = this.find(".scroll");
    this.view = { top: scroll?.scrollTop ?? 0, height: scroll?.clientHeight ?? 600 };
    if (this.clientWidth === this.hostWidth) return;
    this.hostWidth = this.clientWidth;
    this.requestUpdate();
  }

  private scrolled(event: Event): void {
    const { scrollTop, clientHeight } = event.target as HTMLElement;
    this.view = { top: scrollTop, height: clientHeight };
    this.dashboard.stage.invalidate();
  }

  // ------------------------------------------------------------------ pointer and keys

  private cellAt(event: MouseEvent): { name: string | undefined; step: number } {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const name = this.names[Math.floor((event.clientY - box.top) / ROW)];
    return { name, step: stepAt(this.axis, event.clientX - box.left) };
  }

  private point(event: PointerEvent, run: ShownRun): void {
    const { name, step } = this.cellAt(event);
    const text = name === undefined ? "" : this.textOf(run, name, step);
    showReadout(this.dashboard, event.clientX, event.clientY, text);
  }

  /** A click on a cell is a click on its row and its epoch. */
  private pick(event: MouseEvent): void {
    const { name, step } = this.cellAt(event);
    this.dashboard.seek(step);
    if (name !== undefined) this.dashboard.selectLayer(name);
  }

  private notice(name: string | undefined): void {
    this.focused = name;
    this.dashboard.stage.invalidate();
  }

  /** Up and down go from row to row; all other keys keep moving the playhead. */
  private steer(event: KeyboardEvent): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const index = Number((event.target as HTMLElement).dataset.index) + by;
    this.find<HTMLElement>(`[data-index="${index}"]`)?.focus();
  }
}

define("tfx-layer-strip", LayerStrip);
