/** One sample after the other: explainers across, the maps of all runs beside each other. */

import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { samePicture } from "../../analysis/compare.ts";
import { labelText } from "../../analysis/filters.ts";
import { isSameSample } from "../../analysis/same-samples.ts";
import { cellSize } from "../../draw/figure.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import "./attention-cell.ts";
import { canSubtract, columnWidth, roomySize } from "./column-width.ts";
import "./difference-cell.ts";
import "./legend.ts";
import "./made-picture-cell.ts";
import "./map-cell.ts";
import { define, Part } from "../frame/part.ts";
import "./picture.ts";
import "./prediction.ts";
import { base } from "../frame/styles.ts";
import "./tiles-cell.ts";

/** Narrow windows leave the room to the maps. */
const NARROW = 1100;
const SCROLLBAR = 16;
const inputSide = (): number => (innerWidth <= NARROW ? 72 : 112);
const MAX_SAMPLES = 32;

export class Grid extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow: auto;
        min-width: 0;
      }
      section {
        display: flex;
        gap: 18px;
        padding: 12px 16px 14px;
      }
      section + section {
        border-top: 1px solid var(--line);
      }
      .sample {
        width: 148px;
        flex: none;
      }
      .columns {
        flex: 1;
        min-width: 0;
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 14px 18px;
      }
      .block {
        max-width: 100%;
      }
      tfx-legend {
        max-width: 420px;
        margin-bottom: 6px;
      }
      .cells {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 10px 6px;
      }
      /* Sheets of tiles need more than a gap between tiles. */
      .cells.channels {
        column-gap: 18px;
      }
      .cell {
        flex: none;
        max-width: 100%;
        overflow-x: auto;
        overflow-y: hidden;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 5px;
        font-size: 12px;
        line-height: 18px;
      }
      @media (max-width: 1100px) {
        section {
          gap: 12px;
          padding-inline: 12px;
        }
        .sample {
          width: 112px;
        }
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin-top: 5px;
        /* Several labels are all to be read. */
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 4;
        overflow: hidden;
        overflow-wrap: anywhere;
      }
      .nobr {
        white-space: nowrap;
      }
      .place {
        font-size: 11.5px;
      }
      .other {
        margin-top: 4px;
        font-size: 12px;
        font-weight: 600;
        color: var(--warn);
      }
      .run {
        margin-top: 8px;
      }
      .who {
        display: flex;
        align-items: baseline;
        gap: 6px;
        font-weight: 600;
      }
      /* Runs are often told apart by the end of their names. */
      .whole {
        min-width: 0;
        max-height: 54px;
        overflow: hidden;
        overflow-wrap: anywhere;
      }
      .empty {
        padding: 48px 24px;
        text-align: center;
        color: var(--muted);
      }
      .absent {
        display: grid;
        place-items: center;
        border: 1px dashed var(--line);
        border-radius: 3px;
        color: var(--muted);
        font-size: 12px;
        text-align: center;
        padding: 8px;
      }
    `,
  ];

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
        <div class="sample">
          ${shown.map((run, i) => this.runOf(run, sample, i === 0))}
        </div>
        <div class="columns">${shownColumns.map((column) => this.column(column, sample))}</div>
      </section>
    `;
  }

  /** What one run makes of a sample; its input where no run before it has the same. */
  private runOf(run: ShownRun, sample: number, first: boolean) {
    const other = this.otherThanFirst(run, sample);
    return html`
      ${first || other ? this.input(run, sample, other) : nothing}
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
    return html`
      <div class="block">
        <tfx-legend .dashboard=${this.dashboard} .column=${column} .sample=${sample}></tfx-legend>
        <div class="cells ${column.kind}">
          ${shown.map((run) => this.cell(run, column, sample))}
          ${pair && canSubtract(column) ? this.difference(pair, column, sample) : nothing}
        </div>
      </div>
    `;
  }

  /** What a run explains in place of what the first one does; empty where it is the same. */
  private otherThanFirst(run: ShownRun, sample: number): string {
    const { scene, store } = this.dashboard;
    const [first] = scene.shown;
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
      <tfx-picture .dashboard=${this.dashboard} .run=${run} .sample=${sample} .size=${inputSide()}>
      </tfx-picture>
      ${other ? html`<div class="other">${other}</div>` : nothing}
      <h3 title=${label}>${label || `sample ${sample}`}</h3>
      <div class="muted place">
        sample ${sample}${row === undefined ? "" : html` · <span class="nobr">row ${row}</span>`}
      </div>
    `;
  }

  private cell(run: ShownRun, column: Column, sample: number) {
    const { shown } = this.dashboard.scene;
    return html`
      <div class="cell" style="width: ${columnWidth(this.dashboard, column)}px">
        ${
          shown.length > 1
            ? html`<div class="head">
              <span class="dot" style="background: ${run.colour}"></span>
              <span class="cut" title=${run.name}>${run.name}</span>
            </div>`
            : nothing
        }
        ${this.map(run, column, sample)}
      </div>
    `;
  }

  private map(run: ShownRun, column: Column, sample: number) {
    const { dashboard } = this;
    if (!run.run.groups.some((group) => group.group === column.group)) {
      const { height } = cellSize(column.layout, dashboard.size);
      return html`<div class="absent" style="height: ${height}px">not logged in ${run.name}</div>`;
    }
    if (column.kind === "map") {
      return html`<tfx-map-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
      ></tfx-map-cell>`;
    }
    if (column.kind === "picture") {
      return html`<tfx-made-picture-cell
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
      ></tfx-made-picture-cell>`;
    }
    return column.kind === "matrix"
      ? html`<tfx-attention-cell
          .dashboard=${dashboard}
          .run=${run}
          .column=${column}
          .sample=${sample}
        ></tfx-attention-cell>`
      : html`<tfx-tiles-cell
          .dashboard=${dashboard}
          .run=${run}
          .column=${column}
          .sample=${sample}
        ></tfx-tiles-cell>`;
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
