/** Maps of one sample at one stage of the model after the other, beside what the stages are made of. */

import { html, nothing } from "lit";
import { correlation, obstacle } from "../../analysis/compare.ts";
import { metricOf, type Scale } from "../../analysis/compression.ts";
import { namesOf, tableValue } from "../../analysis/kernels.ts";
import { isRow } from "../../analysis/layouts.ts";
import { originText } from "../../analysis/moments.ts";
import { coefficient } from "../../analysis/numbers.ts";
import { metricsIn, seriesWith, tableAt } from "../../analysis/strip-rows.ts";
import { partsOf } from "../../data/series.ts";
import { cellSize } from "../../draw/figure.ts";
import { cellsOf, scaleOf } from "../../draw/strip.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { ladderSample } from "../../state/scene.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { nameText, pathText } from "../frame/path-text.ts";
import { base } from "../frame/styles.ts";
import { contentOf } from "../maps/map-figure.ts";
import { flagOf } from "../maps/map-flag.ts";
import "../maps/picture.ts";
import "../maps/prediction.ts";
import { type KnownSide, sideOf } from "../maps/sides.ts";
import { colourBar } from "./graph-drawing.ts";
import type { MetricBar } from "./metric-bar.ts";
import "./metric-bar.ts";
import { type Cell, cellsOfStages, namesIn, sharesOf } from "./stage-cells.ts";
import { stageControls } from "./stage-controls.ts";
import { ladderStyles } from "./stage-ladder-styles.ts";
import "./stage-map.ts";
import {
  ALIKE,
  channelsText,
  HALF,
  halfText,
  OF_CHANNELS,
  rangeText,
  SPINE,
  STRENGTH,
  sizeText,
  strengthText,
} from "./stage-text.ts";

/** Of a map, in pixels. */
const SIDES = { least: 48, most: 144 } as const;
/** What a row has beside its map, and the table beside its maps. */
const ROOM = { row: 7, table: 64 } as const;

export class StageLadder extends SizedPart {
  static override styles = [base, ladderStyles];

  private cells: readonly (readonly Cell[])[] = [];
  private scale: Scale = { low: 0, high: 1 };
  private height = 0;

  override render() {
    const { ladder } = this.dashboard.scene;
    const sample = ladderSample(this.dashboard.scene);
    if (ladder.length === 0 || sample === undefined) {
      return html`<p class="empty">No maps of several layers were logged for these runs.</p>`;
    }
    const { runs, metrics } = this;
    return html`
      <div class="bar">
        ${stageControls(this.dashboard, sample)}
        ${
          metrics.length > 0
            ? html`<tfx-metric-bar .dashboard=${this.dashboard} .names=${metrics} .scale=${this.scale}>
            </tfx-metric-bar>`
            : nothing
        }
      </div>
      <div class="scroll" tabindex="0" role="group" aria-label="Stages of the model">
        <table>
          <thead>
            <tr>
              <th scope="col">stage</th>
              ${runs.map((run) => this.head(run))}
              ${this.pair ? html`<th scope="col" title=${ALIKE}>${this.pairText}</th>` : nothing}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row" title="input">input</th>
              ${runs.map((run) => this.input(run, sample))}
            </tr>
            ${this.cells.map((row, i) => this.row(row, i, sample))}
            <tr data-whole>
              <th scope="row" title="prediction">prediction</th>
              ${runs.map((run) => this.prediction(run, sample))}
            </tr>
          </tbody>
        </table>
      </div>
    `;
  }

  private head(run: ShownRun) {
    return html`<th scope="col" title=${run.name}>
      <span class="head"
        ><span class="dot" style="background: ${run.colour}"></span>${nameText(run.name)}
        <span class="from muted" data-run=${run.id}></span
      ></span>
    </th>`;
  }

  private input(run: ShownRun, sample: number) {
    return html`<td>
      <div class="cell">
        <span class="spine"></span>
        <tfx-picture
          .dashboard=${this.dashboard}
          .run=${run}
          .sample=${sample}
          .size=${this.side}
        ></tfx-picture>
      </div>
    </td>`;
  }

  private prediction(run: ShownRun, sample: number) {
    return html`<td>
      <tfx-prediction plain .dashboard=${this.dashboard} .run=${run} .sample=${sample}>
      </tfx-prediction>
    </td>`;
  }

  private row(row: readonly Cell[], index: number, sample: number) {
    const [first] = row;
    if (!first) return nothing;
    const { layer } = first.column;
    const names = namesIn(this.dashboard, first);
    const name = names.at(-1);
    const isChosen = names.some((one) => one === this.dashboard.scene.layer);
    const text = pathText(this.dashboard.scene.layerText(layer));
    return html`<tr class=${isChosen ? "chosen" : ""} data-stage=${index}>
      <th scope="row" title=${layer}>
        <button
          aria-pressed=${isChosen}
          ?disabled=${name === undefined}
          @click=${() => name !== undefined && this.dashboard.selectLayer(name)}
        >
          ${text}
        </button>
        <span class="muted">${this.sizeOf(first)}</span>
      </th>
      ${row.map((cell) => this.cell(cell, sample))}
      ${
        this.pair
          ? html`<td class="alike"><span class="r"></span><span class="meter"></span></td>`
          : nothing
      }
    </tr>`;
  }

  private cell({ run, column, stage }: Cell, sample: number) {
    // Channels differ by a hundred times, and colours need some width to be seen.
    const share = Math.sqrt(stage.channels / this.most);
    const width = Number.isFinite(share) ? `${100 * share}%` : "0";
    return html`<td data-run=${run.id}>
      <div class="cell" data-whole>
        <span class="spine"><span class="width" style="width: ${width}"></span
        ></span>
        <tfx-stage-map
          large
          style=${sizeStyle(column, this.side)}
          .dashboard=${this.dashboard}
          .run=${run}
          .column=${column}
          .sample=${sample}
          .side=${this.side}
        ></tfx-stage-map>
        <span class="facts"><span class="metric"></span><span class="half" title=${HALF}></span
          ><span class="channels" title=${OF_CHANNELS}></span
          ><span class="strength muted" title=${STRENGTH}></span><span class="flag"></span></span>
      </div>
    </td>`;
  }

  private sizeOf({ run, column, stage }: Cell): string {
    return sizeText(contentOf(run, column.group)?.shape ?? [], stage.channels);
  }

  // ------------------------------------------------------------------ what is shown

  private get runs(): readonly ShownRun[] {
    const groups = new Set(this.dashboard.scene.ladder.map(({ group }) => group));
    return this.dashboard.scene.shown.filter(({ run }) =>
      run.groups.some(({ group }) => groups.has(group)),
    );
  }

  private get metrics(): string[] {
    return metricsIn(this.runs.flatMap((run) => this.dashboard.tables(run)));
  }

  /** The two runs whose maps are compared. */
  private get pair(): readonly [ShownRun, ShownRun] | undefined {
    const { pair } = this.dashboard.scene;
    return pair?.every((run) => this.runs.includes(run)) ? pair : undefined;
  }

  private get pairText(): string {
    return this.runs.length > 2
      ? `${this.pair?.map(({ name }) => name).join(", ")}: maps alike`
      : "maps alike";
  }

  /** How many channels the widest stage has. */
  private get most(): number {
    const all = this.cells.flat().map(({ stage }) => stage.channels);
    return Math.max(1, ...all.filter(Number.isFinite));
  }

  /** As large as all stages have room for; of words and curves, as they need. */
  private get side(): number {
    const { ladder } = this.dashboard.scene;
    if (ladder.some(({ layout }) => isRow(layout))) return SIDES.most;
    const count = ladder.length + 1;
    const side = Math.floor((this.height - ROOM.table) / count - ROOM.row);
    return Math.min(Math.max(side, SIDES.least), SIDES.most);
  }

  private seriesOf(run: ShownRun) {
    return seriesWith(this.dashboard.scene.metric, this.dashboard.tables(run));
  }

  override willUpdate(): void {
    const { dashboard, runs } = this;
    const { metric } = dashboard.scene;
    const tables = runs.map((run) => this.seriesOf(run));
    const all = tables.map((series) => (series ? namesOf(series) : []));
    this.scale = scaleOf(
      metricOf(metric),
      tables.map((series, i) => cellsOf(series, all[i] ?? [], metric)),
    );
    this.cells = cellsOfStages(dashboard, runs, all);
  }

  // ------------------------------------------------------------------ drawing

  paint(): void {
    const sample = ladderSample(this.dashboard.scene);
    if (sample === undefined) return;
    const sides = this.cells.map((row) =>
      row.map(({ run, column }) => sideOf(this.dashboard, { run, column, sample })),
    );
    const { step } = this.dashboard;
    const tables = this.runs.map((run) => tableAt(this.seriesOf(run), step));
    const known = [
      ...sides.flat().flatMap((side) => partsOf(side.known)),
      ...tables.flatMap(partsOf),
      ...this.cells.flat().map((cell) => sharesOf(this.dashboard, cell, sample)),
    ];
    if (!this.isNew(...known, this.scale, this.cells, this.side)) return;
    this.write(() => {
      const notes = this.renderRoot.querySelectorAll(".from");
      for (const [i, table] of tables.entries()) setText(notes[i], originText(table));
      const rows = this.renderRoot.querySelectorAll("[data-stage]");
      for (const [i, row] of this.cells.entries()) this.tell(rows[i], row, sides[i] ?? []);
      this.find<MetricBar>("tfx-metric-bar")?.tell(SPINE);
    });
  }

  private tell(
    element: Element | undefined,
    row: readonly Cell[],
    sides: readonly KnownSide[],
  ): void {
    const places = element?.querySelectorAll("td") ?? [];
    for (const [i, cell] of row.entries()) {
      const place = places[i];
      const record = tableAt(this.seriesOf(cell.run), this.dashboard.step).record;
      const metric = metricOf(this.dashboard.scene.metric);
      const values = cell.rows.map((name) => tableValue(record, name, metric.name));
      const bar = place?.querySelector<HTMLElement>(".width");
      if (bar) colourBar(bar, values.length > 0 ? values : [Number.NaN], this.scale, "bottom");
      const side = sides[i];
      const map = side?.map;
      const texts = {
        metric: rangeText(metric, values),
        strength: strengthText(cell.column, map),
        half: halfText(cell.column, map),
        channels: channelsText(sharesOf(this.dashboard, cell, side?.sample)),
        flag: side ? flagOf(this.dashboard, { ...cell, sample: side.sample }, side.known) : "",
      };
      for (const [name, text] of Object.entries(texts)) {
        setText(place?.querySelector(`.${name}`) ?? undefined, text);
      }
    }
    if (!this.pair || !element) return;
    const [a, b] = this.pair.map((run) => sides[row.findIndex((cell) => cell.run === run)]);
    this.compare(element, a, b);
  }

  private compare(element: Element, a: KnownSide | undefined, b: KnownSide | undefined): void {
    const why = a && b ? obstacle(a, b) : "";
    const r = a?.map && b?.map && !why ? correlation(a.map, b.map) : Number.NaN;
    setText(element.querySelector(".r") ?? undefined, coefficient(r));
    element.querySelector(".alike")?.setAttribute("title", why || ALIKE);
    const meter = element.querySelector<HTMLElement>(".meter");
    meter?.style.setProperty("--share", `${100 * Math.max(0, r || 0)}%`);
  }

  protected layOut(): void {
    const height = this.find(".scroll")?.clientHeight ?? 0;
    if (height === this.height) return;
    this.height = height;
    this.requestUpdate();
  }
}

/** Canvases that are not drawn yet have another size. */
function sizeStyle({ layout }: Column, side: number): string {
  const { width, height } = cellSize(layout, side);
  return `width: ${width}px; ${layout === "tokens" || layout === "features" ? "" : `height: ${height}px`}`;
}

define("tfx-stages", StageLadder);
