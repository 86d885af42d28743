/** Explainers across, samples and runs down: the maps themselves. */

import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { samePicture } from "../../analysis/compare.ts";
import { labelText } from "../../analysis/filters.ts";
import { isSameSample } from "../../analysis/same-samples.ts";
import { cellSize } from "../../draw/figure.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import "./attention-cell.ts";
import "./made-picture-cell.ts";
import { columnWidth } from "./column-width.ts";
import "./difference-cell.ts";
import "./legend.ts";
import "./map-cell.ts";
import { define, Part } from "../frame/part.ts";
import "./picture.ts";
import "./prediction.ts";
import { base } from "../frame/styles.ts";
import "./tiles-cell.ts";

/** Narrow windows leave the room to the maps. */
const inputSide = (): number => (innerWidth <= 1100 ? 72 : 112);
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
      .sheet {
        display: inline-block;
        min-width: 100%;
      }
      .row {
        display: flex;
        gap: 16px;
        padding: 0 16px;
      }
      .head {
        position: sticky;
        top: 0;
        z-index: 3;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
        padding-block: 8px 6px;
        align-items: flex-end;
      }
      .input {
        width: 112px;
        flex: none;
      }
      .run {
        width: 120px;
        flex: none;
        padding-top: 2px;
      }
      .column {
        flex: none;
      }
      @media (max-width: 1100px) {
        .row {
          gap: 12px;
          padding-inline: 12px;
        }
        .input {
          width: 72px;
        }
        .run {
          width: 108px;
        }
      }
      section {
        padding-block: 12px 14px;
      }
      section + section {
        border-top: 1px solid var(--line);
      }
      .row + .row {
        margin-top: 12px;
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
      .who {
        display: flex;
        align-items: baseline;
        gap: 6px;
        font-weight: 600;
        margin-bottom: 2px;
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

  private readonly onResize = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("resize", this.onResize);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("resize", this.onResize);
  }

  override render() {
    const { scene } = this.dashboard;
    const nothingToShow = this.obstacle;
    if (nothingToShow) return html`<p class="empty">${nothingToShow}</p>`;
    const samples = scene.selected.slice(0, MAX_SAMPLES);
    return html`
      <div class="sheet">
        ${this.head()}
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
      </div>
    `;
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

  private head() {
    const { dashboard } = this;
    return html`
      <div class="row head">
        <div class="input muted">input</div>
        <div class="run muted">run</div>
        ${dashboard.scene.shownColumns.map(
          (column) => html`
            <tfx-legend
              class="column"
              style="width: ${columnWidth(this.dashboard, column)}px"
              .dashboard=${dashboard}
              .column=${column}
            ></tfx-legend>
          `,
        )}
      </div>
    `;
  }

  private block(sample: number) {
    const { shown, pair } = this.dashboard.scene;
    return html`
      <section aria-label="Sample ${sample}">
        ${shown.map((run, i) => this.runRow(run, sample, i === 0))}
        ${pair && this.hasMaps ? this.differenceRow(pair, sample) : nothing}
      </section>
    `;
  }

  private runRow(run: ShownRun, sample: number, first: boolean) {
    const other = this.otherThanFirst(run, sample);
    return html`
      <div class="row">
        <div class="input">${first || other ? this.input(run, sample, other) : nothing}</div>
        <div class="run">
          <div class="who">
            <span class="dot" style="background: ${run.colour}"></span>
            <span class="whole" title=${run.name}>${run.name}</span>
          </div>
          <tfx-prediction plain .dashboard=${this.dashboard} .run=${run} .sample=${sample}>
          </tfx-prediction>
        </div>
        ${this.dashboard.scene.shownColumns.map((column) => this.cell(run, column, sample))}
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
    const style = `width: ${columnWidth(this.dashboard, column)}px`;
    const { dashboard } = this;
    const has = run.run.groups.some((group) => group.group === column.group);
    if (!has) {
      const { height } = cellSize(column.layout, dashboard.view.size);
      return html`<div class="column absent" style="${style}; height: ${height}px">
        not logged in ${run.name}
      </div>`;
    }
    if (column.kind === "map") {
      return html`<tfx-map-cell
        class="column"
        style=${style}
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
      ></tfx-map-cell>`;
    }
    if (column.kind === "picture") {
      return html`<tfx-made-picture-cell
        class="column"
        style=${style}
        .dashboard=${dashboard}
        .run=${run}
        .column=${column}
        .sample=${sample}
      ></tfx-made-picture-cell>`;
    }
    return column.kind === "matrix"
      ? html`<tfx-attention-cell
          class="column"
          style=${style}
          .dashboard=${dashboard}
          .run=${run}
          .column=${column}
          .sample=${sample}
        ></tfx-attention-cell>`
      : html`<tfx-tiles-cell
          class="column"
          style=${style}
          .dashboard=${dashboard}
          .run=${run}
          .column=${column}
          .sample=${sample}
        ></tfx-tiles-cell>`;
  }

  private differenceRow(pair: readonly [ShownRun, ShownRun], sample: number) {
    const [a, b] = pair;
    return html`
      <div class="row difference">
        <div class="input"></div>
        <div class="run">
          <div class="who">Difference</div>
          <div class="cut" title=${a.name}>${a.name}</div>
          <div class="cut muted" title=${b.name}>minus ${b.name}</div>
        </div>
        ${this.dashboard.scene.shownColumns.map((column) =>
          column.kind === "map" || column.kind === "matrix"
            ? html`<tfx-difference-cell
                class="column"
                style="width: ${columnWidth(this.dashboard, column)}px"
                .dashboard=${this.dashboard}
                .pair=${pair}
                .column=${column}
                .sample=${sample}
              ></tfx-difference-cell>`
            : html`<div class="column" style="width: ${columnWidth(this.dashboard, column)}px"></div>`,
        )}
      </div>
    `;
  }

  private get hasMaps(): boolean {
    return this.dashboard.scene.shownColumns.some((column) => column.kind !== "channels");
  }
}

define("tfx-grid", Grid);
