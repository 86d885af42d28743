/** One map or one layer's channels, large: cursor, numbers, table and a strip over epochs. */

import { html, nothing } from "lit";
import { stateOf, stateText } from "../../analysis/channels.ts";
import { MOVES, moveInPlane, moveInRow } from "../../analysis/cursor.ts";
import { fromText, withEpoch } from "../../analysis/epochs.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { type Known, knownAt, partsOf } from "../../data/series.ts";
import { sharpContext } from "../../draw/canvas.ts";
import { Changes } from "../../draw/changes.ts";
import { drawFigure, largeSize, type PositionAt } from "../../draw/figure.ts";
import { paletteOf } from "../../draw/palette.ts";
import type { Plane } from "../../draw/plane.ts";
import { type Sheet, sheetWithin, tileAt } from "../../draw/sheet.ts";
import { drawTiles } from "../../draw/tiles.ts";
import { tilesOf } from "../../draw/tiles-of.ts";
import type { AttributionMap, Channels } from "../../format/records.ts";
import { channelOrder } from "../../state/channel-order.ts";
import type { Column } from "../../state/columns.ts";
import { openedRuns } from "../../state/opened.ts";
import type { ShownRun } from "../../state/runs.ts";
import { columnFor, shownSeries } from "../../state/shown-classes.ts";
import { columnWidth } from "./column-width.ts";
import { channelTable, factNodes, factsOf, helpOf, type Shown } from "./enlarged-facts.ts";
import { enlargedHead, runHead } from "./enlarged-head.ts";
import { hasInputBeside, LEAST_ROOM, otherSide, type Room, roomIn } from "./enlarged-room.ts";
import { epochStrip } from "./enlarged-strip.ts";
import { enlargedStyles } from "./enlarged-styles.ts";
import "./legend.ts";
import "./attention-view.ts";
import "./picture.ts";
import { define, SizedPart, setText } from "../frame/part.ts";
import { base, facts } from "../frame/styles.ts";
import { readoutText } from "./map-cell.ts";
import {
  drawnScale,
  figureOf,
  mapAt,
  pictureOf,
  positionTextOf,
  shownPlane,
  sliceOf,
} from "./map-figure.ts";
import { flagOf, plainFlag } from "./map-flag.ts";
import { regionsAt } from "./map-regions.ts";
import { rowOrder } from "./row-order.ts";
import { runCell } from "./run-cell.ts";
import { channelText, earlierOf } from "./tiles-cell.ts";
import type { TrustView } from "./trust-view.ts";
import "./trust-view.ts";
import { valueTable } from "./value-table.ts";

const TILE = 96;

export class Enlarged extends SizedPart {
  static override styles = [base, facts, enlargedStyles];

  /** To render the table anew only where it has other numbers. */
  private readonly shownParts = new Changes();
  private positionAt: PositionAt = () => -1;
  private depth = 1;
  /** Positions in the order of the cursor, where they are in one row. */
  private order: readonly number[] | undefined;
  private plane: Plane | undefined;
  private sheet: Sheet = sheetWithin(1, TILE, LEAST_ROOM.width);
  private room: Room = LEAST_ROOM;
  private cursor = -1;
  private channel = 0;
  /** Whether the viewer chose the channel: then it is told of, in place of what to do. */
  private isChosen = false;

  override render() {
    const shown = this.shown;
    if (!shown) return nothing;
    const { run, column, sample } = shown;
    return html`
      ${enlargedHead(this.dashboard, shown)}
      <div class="maps">
        ${openedRuns(this.dashboard).map((one) => (one === run ? this.stage(shown) : this.other(one, shown)))}
        ${this.input(shown)}
      </div>
      <div class="side">
        <p data-screen class="readout" role="status">${helpOf(column)}</p>
        ${epochStrip(this.dashboard, shown, this.tiles[this.channel] ?? -1)}
        <tfx-trust .dashboard=${this.dashboard}></tfx-trust>
        <div class="facts">
          <tfx-legend .dashboard=${this.dashboard} .column=${column} .sample=${sample}>
          </tfx-legend>
          <dl></dl>
          <div>
          <details @toggle=${() => this.requestUpdate()}>
            <summary>Values as a table</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Values">${this.table()}</div>
          </details>
          </div>
        </div>
      </div>
    `;
  }

  /** The map that is read: with a cursor, and the film strip below. */
  private stage(shown: Shown) {
    const { run, column, sample } = shown;
    return html`<div class="stage ${column.kind}">
      ${runHead(this.dashboard, run, sample)}
      ${
        column.kind === "matrix"
          ? html`<tfx-attention-view .dashboard=${this.dashboard} .cell=${shown} .side=${this.room.side}>
          </tfx-attention-view>`
          : html`<canvas
            tabindex="0"
            role="application"
            aria-label=${helpOf(column)}
            @pointermove=${this.point}
            @click=${this.pick}
            @keydown=${this.steer}
          ></canvas>`
      }
      <p class="flag"></p>
    </div>`;
  }

  /** What another run has of the same, at the same size: a click opens that. */
  private other(run: ShownRun, { column, sample }: Shown) {
    const { dashboard } = this;
    const side = this.otherSide(column);
    return html`<div class="other">
      ${runHead(this.dashboard, run, sample)} ${runCell({ dashboard, run, column, sample, side })}
    </div>`;
  }

  private otherSide(column: Column): number {
    return otherSide(this.room, column, (size) => columnWidth(this.dashboard, column, size));
  }

  /** First to look at, and behind the map in the order of keys. */
  private input(shown: Shown) {
    if (!this.hasInput(shown)) return nothing;
    const { run, sample } = shown;
    return html`<div class="input">
      <div class="who"><span class="muted">input</span></div>
      <tfx-picture
        .dashboard=${this.dashboard}
        .run=${run}
        .sample=${sample}
        .size=${this.room.input}
        .drawable=${true}
      ></tfx-picture>
    </div>`;
  }

  protected layOut(): void {
    const { shown } = this;
    if (!shown) return;
    const frame = { width: this.clientWidth, height: this.clientHeight };
    const room = roomIn(
      frame,
      shown.column,
      openedRuns(this.dashboard).length,
      this.hasInput(shown),
    );
    if (JSON.stringify(room) === JSON.stringify(this.room)) return;
    this.room = room;
    this.requestUpdate();
  }

  private hasInput({ run, column }: Shown): boolean {
    return run.run.inputs[0] !== undefined && hasInputBeside(column);
  }

  override firstUpdated(): void {
    this.find<HTMLElement>(".back")?.focus({ preventScroll: true });
  }

  /** What the link says is open, where it is there. */
  private get shown(): Shown | undefined {
    const { scene, view } = this.dashboard;
    const { opened } = view;
    const run = scene.shown.find(({ id }) => id === opened?.run);
    const found = scene.columns.find(({ group }) => group === opened?.group);
    if (!opened || !run || !found) return undefined;
    const { sample } = opened;
    const column = columnFor(this.dashboard, found, sample);
    const series = shownSeries(this.dashboard, run.id, column.group, sample);
    return { run, column, sample, series };
  }

  paint(): void {
    const { shown } = this;
    const { step, revision, store } = this.dashboard;
    if (!shown) return;
    const { kind } = shown.column;
    const map = mapAt(shown.series, step);
    const channels = knownAt(shown.series, "channels", step);
    const kernel = this.dashboard.outputsOf(shown.run, shown.column);
    const known = kind === "channels" ? channels : map;
    const parts = [...partsOf(known), ...(kernel ? partsOf(kernel) : [])];
    const picture = pictureOf(this.dashboard, shown, this.room.side);
    if (!this.isNew(revision, this.cursor, this.channel, ...parts, picture)) return;
    if (kind === "map") this.drawMap(shown, map.record, picture);
    else if (kind === "channels") this.drawChannels(shown, channels);
    const isMap = kind !== "channels";
    const weights = this.dashboard.weights(shown.run.id, known.step);
    const flag = isMap
      ? flagOf(this.dashboard, shown, map)
      : plainFlag(channels, store.busy, weights);
    setText(this.find(".flag"), flag);
    const told = factsOf(shown, map, channels, kernel, regionsAt(this.dashboard, shown, map));
    this.find("dl")?.replaceChildren(...factNodes(told));
    this.find<TrustView>("tfx-trust")?.show(shown, map);
    if (this.cursor >= 0) this.readOut();
    if (!isMap) this.tellChannel(channels);
    const isOther = this.shownParts.differ(...parts);
    if (isOther && this.find<HTMLDetailsElement>("details")?.open) this.requestUpdate();
  }

  private drawMap(
    cell: Shown,
    record: AttributionMap | undefined,
    picture: Pixels | undefined,
  ): void {
    const { signed } = cell.column;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const plain = canvas?.getContext("2d");
    if (!canvas || !plain) return;
    this.plane = record && shownPlane(this.dashboard, cell.column, record);
    this.depth = record?.depth ?? 1;
    const figure = figureOf(this.dashboard, cell, {
      plane: this.plane,
      signed,
      limit: record ? drawnScale(this.dashboard, cell, record).limit : 0,
      marked: this.cursor,
      large: true,
      picture,
      palette: () => paletteOf(this),
    });
    const size = largeSize(plain, figure, this.room.side, this.room.width);
    const context = sharpContext(canvas, size.width, size.height);
    if (context) this.positionAt = drawFigure(context, { x: 0, y: 0, ...size }, figure);
    this.order = rowOrder(figure);
  }

  /** The channels of the tiles, by number. */
  private get tiles(): readonly number[] {
    const { shown } = this;
    if (shown?.column.kind !== "channels") return [];
    return channelOrder(this.dashboard, shown.run.id, shown.column, shown.sample);
  }

  private drawChannels({ run, column, sample, series }: Shown, known: Known<Channels>): void {
    const { view, scene } = this.dashboard;
    const { record } = known;
    const order = this.tiles;
    this.sheet = sheetWithin(order.length || 1, TILE, this.room.width);
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, this.sheet.width, this.sheet.height);
    if (!context || !record) return;
    const kernel = this.dashboard.outputsOf(run, column)?.record;
    const slice = sliceOf(this.dashboard, record.depth);
    const earlier = earlierOf(series, known.step);
    const drawn = { record, order, earlier, kernel, column, sample, scene, view, slice };
    const [tiles, palette] = [tilesOf(drawn), paletteOf(this)];
    drawTiles(context, { sheet: this.sheet, tiles, chosen: this.channel, palette });
  }

  // ----------------------------------------------------------------- cursor

  private point(event: PointerEvent): void {
    if (this.shown?.column.kind !== "map" || !this.plane) return;
    this.cursor = this.positionAt(event.offsetX, event.offsetY);
    this.dashboard.stage.invalidate();
  }

  private pick(event: MouseEvent): void {
    const { shown } = this;
    const { record } = knownAt(shown?.series, "channels", this.dashboard.step);
    if (!record) return;
    this.choose(tileAt(this.sheet, this.tiles.length, event.offsetX, event.offsetY));
  }

  private choose(index: number): void {
    if (index < 0 || index >= this.tiles.length) return;
    this.channel = index;
    this.isChosen = true;
    this.requestUpdate();
  }

  /** What is known of the channel that was chosen, at each epoch anew. */
  private tellChannel(known: Known<Channels>): void {
    const { shown } = this;
    const { record, step } = known;
    const channel = this.tiles[this.channel];
    if (!this.isChosen || !record || !shown || channel === undefined) return;
    const outputs = this.dashboard.outputsOf(shown.run, shown.column);
    const earlier = earlierOf(shown.series, step);
    const state = stateText(stateOf(record, channel, outputs?.record, earlier));
    const facts = channelText(record, channel, shown.column.unit);
    const text = `channel ${channel}: ${[state, facts].filter(Boolean).join("; ")}`;
    setText(this.find(".readout"), withEpoch(text, known));
  }

  /** Arrow keys belong to the map while it has the focus; elsewhere they move the playhead. */
  private steer(event: KeyboardEvent): void {
    const { plane, shown } = this;
    const move = MOVES[event.key];
    const isTiles = this.tiles.length > 0;
    if (!move || !shown || !(plane || isTiles)) return;
    event.preventDefault();
    event.stopPropagation();
    if (isTiles) this.choose(this.channel + move[0] + move[1] * this.sheet.columns);
    else if (plane) {
      const { cursor, order } = this;
      this.cursor = order ? moveInRow(cursor, move, order) : moveInPlane(cursor, move, plane);
      this.dashboard.stage.invalidate();
    }
  }

  private readOut(): void {
    const { plane, shown } = this;
    if (plane && shown && shown.column.kind === "map") {
      const where = positionTextOf(this.dashboard, shown, plane, this.depth, this.cursor);
      const text = readoutText(plane, this.cursor, shown.column.unit, where);
      setText(this.find(".readout"), withEpoch(text, mapAt(shown.series, this.dashboard.step)));
    }
  }

  private table() {
    const open = this.find<HTMLDetailsElement>("details")?.open;
    const { shown, dashboard } = this;
    if (!open || !shown) return nothing;
    const map = mapAt(shown.series, dashboard.step);
    const channels = knownAt(shown.series, "channels", dashboard.step);
    const from = fromText(map.record ? map : channels);
    return html`${from ? html`<p>These are ${from}.</p>` : nothing}
      ${map.record ? this.mapTable(shown, map.record) : this.channelTable(shown, channels.record)}`;
  }

  private mapTable(shown: Shown, map: AttributionMap) {
    const { dashboard } = this;
    return valueTable(dashboard, shown, shownPlane(dashboard, shown.column, map), map.depth);
  }

  private channelTable({ run, column }: Shown, channels: Channels | undefined) {
    const kernel = this.dashboard.outputsOf(run, column);
    return channels ? channelTable(channels, this.tiles, kernel, column.unit) : nothing;
  }
}

define("tfx-enlarged", Enlarged);
