/** One sample after the other: explainers across, the maps of all runs beside each other. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { samePicture } from "../../analysis/compare.ts";
import { labelText } from "../../analysis/filters.ts";
import { isSameSample, lacks } from "../../analysis/same-samples.ts";
import { cellSize } from "../../draw/figure.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { columnFor } from "../../state/shown-classes.ts";
import "./class-choice.ts";
import { canSubtract, columnWidth, roomySize } from "./column-width.ts";
import { NO_CHANNELS } from "./difference-cell.ts";
import { gridStyles } from "./grid-styles.ts";
import "./legend.ts";
import { TEACHER_LAYER } from "../../tables.ts";
import { define, Part } from "../frame/part.ts";
import { runCell } from "./run-cell.ts";
import "./picture.ts";
import "./prediction.ts";
import { base } from "../frame/styles.ts";

/** Narrow windows leave the room to the maps. */
const NARROW = 1100;
const SCROLLBAR = 16;
const inputSide = (): number => (innerWidth <= NARROW ? 112 : 148);
const MAX_SAMPLES = 32;

export class Grid extends Part {
  static override styles = [base, gridStyles];

  private readonly sizes = new ResizeObserver(() => this.requestUpdate());

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  override render() {
    const { scene } = this.dashboard;
    const nothingToShow = this.obstacle;
    if (nothingToShow) return html`<p class="empty">${nothingToShow}</p>`;
    const samples = scene.selected.slice(0, MAX_SAMPLES);
    return html`
      ${repeat(
        samples,
        (sample) => sample,
        (sample) => this.block(sample),
      )}
      ${
        scene.selected.length > MAX_SAMPLES
          ? html`<p class="empty">
            The first ${MAX_SAMPLES} of ${scene.selected.length} selected samples are drawn.
          </p>`
          : nothing
      }
    `;
  }

  override updated(): void {
    if (this.offsetWidth === 0) return;
    const around = innerWidth <= NARROW ? 112 + 3 * 12 : 148 + 18 + 2 * 16;
    const width = this.offsetWidth - around - SCROLLBAR;
    this.dashboard.fit(roomySize(this.dashboard, width, this.offsetHeight));
  }

  private get obstacle(): string {
    const { scene } = this.dashboard;
    if (scene.shown.length === 0) return "No run is chosen: tick one above.";
    if (scene.columns.length === 0) {
      const why = this.dashboard.notes.some(({ level }) => level === "left out");
      return `These runs hold no maps yet.${why ? " What was left out is told above." : ""}`;
    }
    if (scene.shownColumns.length === 0) return "No explainer is chosen: tick one above.";
    if (scene.selected.length === 0) return "No sample is chosen: tick one on the left.";
    return "";
  }

  private block(sample: number) {
    const { shown, shownColumns } = this.dashboard.scene;
    return html`
      <section aria-label="Sample ${sample}">
        <div data-beside class="sample">
          ${shown.map((run) => this.runOf(run, sample))}
          <tfx-class-choice .dashboard=${this.dashboard} .sample=${sample}></tfx-class-choice>
        </div>
        <div class="columns">
          ${shownColumns.map((column) =>
            this.column(columnFor(this.dashboard, column, sample), sample),
          )}
        </div>
      </section>
    `;
  }

  /** What one run makes of a sample; its input where no run before it has the same. */
  private runOf(run: ShownRun, sample: number) {
    const first = this.firstOf(sample);
    const other = this.otherThan(first, run, sample);
    const { shown, has } = this.dashboard.scene;
    const input = run === first || other ? this.input(run, sample, other) : nothing;
    // Of maps alone, which are not of a training, nothing else is known.
    if (shown.length === 1 && !has.predictions) return input;
    return html`
      ${input}
      <div class="run">
        <div class="who">
          <span class="dot" style="background: ${run.colour}"></span>
          <span class="whole" title=${run.name}>${run.name}</span>
        </div>
        <tfx-prediction plain .dashboard=${this.dashboard} .run=${run} .sample=${sample}>
        </tfx-prediction>
      </div>
    `;
  }

  /** One explainer at one layer: all runs beside each other, and what differs between two. */
  private column(column: Column, sample: number) {
    const { shown, pair } = this.dashboard.scene;
    const both = pair?.every(({ samples }) => !lacks(samples, sample)) ? pair : undefined;
    return html`
      <div data-whole class="block">
        <tfx-legend .dashboard=${this.dashboard} .column=${column} .sample=${sample}></tfx-legend>
        <div class="cells ${column.kind}">
          ${shown.map((run) => this.cell(run, column, sample))}
          ${both && canSubtract(column) ? this.difference(both, column, sample) : nothing}
        </div>
        ${
          pair && column.kind === "channels"
            ? html`<p class="muted none">${NO_CHANNELS}</p>`
            : nothing
        }
      </div>
    `;
  }

  /** Whose input of a sample is shown: the first run that explains it. */
  private firstOf(sample: number): ShownRun | undefined {
    return this.dashboard.scene.shown.find(({ samples }) => !lacks(samples, sample));
  }

  /** What a run explains in place of what the first one does; empty where it is the same. */
  private otherThan(first: ShownRun | undefined, run: ShownRun, sample: number): string {
    const { store } = this.dashboard;
    if (lacks(run.samples, sample)) return "";
    if (!first || isSameSample(first.samples, run.samples, sample) === false) {
      return "another sample";
    }
    const [a, b] = [first, run].map(({ id, run: { inputs } }) =>
      store.picture(id, inputs[0]?.name ?? "", sample),
    );
    return a && b && !samePicture(a, b) ? "another picture" : "";
  }

  /** What a row of maps is of: said of the first run, and of each whose sample is another one. */
  private input(run: ShownRun, sample: number, other: string) {
    const label = labelText(run.samples, sample);
    const row = run.samples?.rows[sample];
    return html`
      <tfx-picture
        .dashboard=${this.dashboard}
        .run=${run}
        .sample=${sample}
        .size=${inputSide()}
        .drawable=${true}
      ></tfx-picture>
      ${other ? html`<div class="other">${other}</div>` : nothing}
      <h3 title=${label}>${label || `sample ${sample}`}</h3>
      <div class="muted place">
        ${label ? html`sample ${sample} · ` : nothing}${
          row === undefined || (!label && row === sample)
            ? nothing
            : html`<span class="nobr">row ${row}</span>`
        }
      </div>
    `;
  }

  private cell(run: ShownRun, column: Column, sample: number) {
    const { shown } = this.dashboard.scene;
    const group = run.run.groups.find((one) => one.group === column.group);
    const layer = group?.content.settings[TEACHER_LAYER];
    const isElsewhere = layer !== undefined && layer !== column.layer;
    return html`
      <div class="cell" style="width: ${columnWidth(this.dashboard, column)}px">
        ${
          shown.length > 1
            ? html`<div class="head">
              <span class="dot" style="background: ${run.colour}"></span>
              <span class="cut" title=${run.name}>${run.name}</span>
              ${isElsewhere ? html`<span class="muted cut at" title="The teacher’s own layer">at ${layer}</span>` : nothing}
            </div>`
            : nothing
        }
        ${this.map(run, column, sample)}
      </div>
    `;
  }

  private map(run: ShownRun, column: Column, sample: number) {
    const { dashboard } = this;
    const isLogged = run.run.groups.some((group) => group.group === column.group);
    if (!isLogged || lacks(run.samples, sample)) {
      const { height } = cellSize(column.layout, dashboard.size);
      return html`<div class="absent" style="height: ${height}px">
        ${isLogged ? `${run.name} explains other samples` : `not logged in ${run.name}`}
      </div>`;
    }
    return runCell({ dashboard, run, column, sample });
  }

  private difference(pair: readonly [ShownRun, ShownRun], column: Column, sample: number) {
    const [a, b] = pair;
    const name = `${a.name} minus ${b.name}`;
    return html`
      <div class="cell difference" style="width: ${columnWidth(this.dashboard, column)}px">
        <div class="head">
          <span class="cut" title=${name}>${name}</span>
        </div>
        <tfx-difference-cell
          .dashboard=${this.dashboard}
          .pair=${pair}
          .column=${column}
          .sample=${sample}
        ></tfx-difference-cell>
      </div>
    `;
  }
}

define("tfx-grid", Grid);
