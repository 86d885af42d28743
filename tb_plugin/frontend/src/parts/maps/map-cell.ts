/** One map of one sample in one run, over its input, with the numbers that belong to it. */

import { css, html } from "lit";
import { withEpoch } from "../../analysis/epochs.ts";
import { targetText } from "../../analysis/filters.ts";
import type { Scale } from "../../analysis/magnitudes.ts";
import { aboveText, ERROR_TITLE, errorText, shortErrorText } from "../../analysis/map-text.ts";
import { percent, short } from "../../analysis/numbers.ts";
import { ERROR } from "../../analysis/trust.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { type Known, knownAt, partsOf } from "../../data/series.ts";
import { filledSize, type PositionAt, paintFigure } from "../../draw/figure.ts";
import { type Plane, valueAt } from "../../draw/plane.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Column } from "../../state/columns.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import type { Opened } from "../../state/view.ts";
import { define, setText } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { hasWords, RunCell } from "./cell.ts";
import { canvasOf } from "./map-canvas.ts";
import { drawnScale, figureOf, pictureOf, positionTextOf, shownPlane } from "./map-figure.ts";
import { flagOf } from "./map-flag.ts";
import { trustAt } from "./map-trust.ts";
import { badgeStyles, meterStyles, tellTrust } from "./trust-badge.ts";

const REVEALING = 12;
const LIMIT_TITLE = "The magnitude at the end of the colours, and the share of values above it";
const GAP_TITLE =
  "Completeness gap: the sum of the map minus the difference of scores that it should add up to";

export class MapCell extends RunCell {
  static override styles = [
    ...RunCell.styles,
    ...[meterStyles, badgeStyles],
    css`
      :host {
        scroll-margin: 24px 16px 8px;
      }
      /* Names of two classes may be long; the number is what is read. */
      .score-name {
        max-width: 50%;
      }
      .level {
        position: absolute;
        left: calc(100% + 4px);
        top: 0;
        bottom: 0;
        width: 5px;
        /* No box that grows: Chromium would make all of the compositor's layers anew with it. */
        background: linear-gradient(to top, var(--muted) var(--share), var(--line) 0);
      }
    `,
  ];

  private positionAt: PositionAt = () => -1;
  private depth = 1;
  private plane: Plane | undefined;
  private marked = -1;
  private known: Known<AttributionMap> | undefined;
  private pointer: { x: number; y: number } | undefined;

  private readonly onReveal = (event: Event): void => {
    const { run, group, sample } = (event as CustomEvent<Opened>).detail;
    const isThis = run === this.run.id && group === this.column.group && sample === this.sample;
    if (isThis) this.reveal(REVEALING);
  };

  /** For some frames: cells have their height once they are drawn, and push others on. */
  private reveal(frames: number): void {
    this.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (frames > 0) requestAnimationFrame(() => this.reveal(frames - 1));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("reveal", this.onReveal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("reveal", this.onReveal);
  }

  override render() {
    const { explainer, layer } = this.column;
    const name = `Enlarge ${explainer} of ${layer}, sample ${this.sample}, run ${this.run.name}`;
    const words = hasWords(this.column) ? "words" : "";
    return html`
      <div class="frame ${words}"><button
        class="map"
        aria-label=${name}
        @click=${this.open}
        @pointermove=${this.point}
        @pointerleave=${this.leave}
      >
        ${canvasOf(this.column)}</button
      ><span class="flag"></span><span class="level"></span></div>
      <dl>
        <dt class="score-name">score</dt>
        <dd class="score"></dd>
        <dt title="The largest magnitude of this map">max |value|</dt>
        <dd class="scale"></dd>
        <dt class="limit-name" title=${LIMIT_TITLE} hidden>scale</dt>
        <dd class="limit" hidden></dd>
        <dt class="gap-name" title=${GAP_TITLE} hidden>compl. gap</dt>
        <dd class="gap" hidden></dd>
        <dt class="error-name" title=${ERROR_TITLE} hidden>est. error</dt>
        <dd class="error" hidden></dd>
      </dl>
      <button class="trust" hidden @click=${this.open}></button>
    `;
  }

  paint(): void {
    const { step, revision } = this.dashboard;
    const series = shownSeries(this.dashboard, this.run.id, this.column.group, this.sample);
    const known = knownAt(series, "map", step);
    const picture = pictureOf(this.dashboard, this, this.size);
    if (!this.isNew(...partsOf(known), revision, this.marked, picture)) return;
    this.known = known;
    this.draw(known.record, picture);
    this.write(() => this.tell(known));
    if (this.pointer) this.readOut(this.pointer.x, this.pointer.y);
  }

  private draw(record: AttributionMap | undefined, picture: Pixels | undefined): void {
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas) return;
    this.plane = record && shownPlane(this.dashboard, this.column, record);
    this.depth = record?.depth ?? 1;
    const figure = figureOf(this.dashboard, this, {
      plane: this.plane,
      signed: this.column.signed,
      limit: record ? drawnScale(this.dashboard, this, record).limit : 0,
      marked: this.marked,
      large: false,
      picture,
      palette: () => this.palette,
    });
    const size = filledSize(figure, this.size);
    this.positionAt = paintFigure(this.dashboard.stage.canvases, canvas, size, figure);
  }

  private tell(known: Known<AttributionMap>): void {
    const { record } = known;
    const { unit, scoreUnit } = this.column;
    setText(this.find(".flag"), flagOf(this.dashboard, this, known));
    const target = record ? targetText(this.run.samples, record) : "";
    const scoreName = this.find<HTMLElement>(".score-name");
    setText(scoreName, record ? `score, ${target}` : "score");
    if (scoreName && scoreName.title !== target) scoreName.title = target;
    setText(this.find(".score"), record ? `${short(record.score)} ${scoreUnit}` : "–");
    setText(this.find(".scale"), record ? `${short(record.scale)} ${unit}` : "–");
    const scale = record && drawnScale(this.dashboard, this, record);
    setText(this.find(".limit"), scale ? limitText(scale, this.column) : "–");
    // Else the legend says it for all maps below it.
    const isOwn = this.dashboard.view.scale === "map";
    for (const part of [".limit", ".limit-name"])
      this.find(part)?.toggleAttribute("hidden", !isOwn);
    this.tellLevel(record);
    const hasGap = record?.gap !== undefined;
    this.find(".gap-name")?.toggleAttribute("hidden", !hasGap);
    this.find(".gap")?.toggleAttribute("hidden", !hasGap);
    setText(this.find(".gap"), hasGap ? `${short(record.gap ?? 0, 2)} ${unit}` : "");
    const trust = trustAt(this.dashboard, this, known);
    tellTrust(this.find(".trust"), trust);
    // Said in the badge.
    const isTold = trust.some(({ name }) => name === ERROR);
    const error = record && !isTold ? errorText(record) : "";
    this.find(".error-name")?.toggleAttribute("hidden", !error);
    this.find(".error")?.toggleAttribute("hidden", !error);
    setText(this.find(".error"), record ? shortErrorText(record) : "");
    this.find(".error")?.setAttribute("title", error);
  }

  /** How large the map is among those of all samples. */
  private tellLevel(record: AttributionMap | undefined): void {
    const largest = this.dashboard.scene.scales.largest(this.column, this.run);
    const share = record && largest > 0 ? Math.min(1, record.scale / largest) : 0;
    const bar = this.find<HTMLElement>(".level");
    bar?.style.setProperty("--share", `${100 * share}%`);
    if (bar) bar.title = `the largest magnitude is ${percent(share)} of that of all samples`;
  }

  private point(event: PointerEvent): void {
    this.pointer = { x: event.clientX, y: event.clientY };
    this.readOut(event.clientX, event.clientY);
    this.dashboard.stage.invalidate();
  }

  private readOut(clientX: number, clientY: number): void {
    const canvas = this.find("canvas")?.getBoundingClientRect();
    const { plane, known } = this;
    if (!canvas || !plane || !known) return;
    this.marked = this.positionAt(clientX - canvas.left, clientY - canvas.top);
    const where = positionTextOf(this.dashboard, this, plane, this.depth, this.marked);
    const text = readoutText(plane, this.marked, this.column.unit, where);
    const told = this.marked < 0 ? "" : withEpoch(text, known);
    showReadout(this.dashboard, clientX, clientY, told);
  }

  private leave(): void {
    this.pointer = undefined;
    this.marked = -1;
    hideReadout(this.dashboard);
    this.dashboard.stage.invalidate();
  }
}

/** `±0.61 logit`, or `±0.61, above: 0.9%`. */
export function limitText(scale: Scale, { signed, unit }: Pick<Column, "signed" | "unit">): string {
  if (scale.limit === 0) return "–";
  const more = scale.above > 0 ? `, above: ${aboveText(scale)}` : ` ${unit}`;
  return `${signed ? "±" : ""}${short(scale.limit)}${more}`;
}

/** `0.012 logit at row 3, column 4`. */
export function readoutText(plane: Plane, index: number, unit: string, where: string): string {
  return `${short(valueAt(plane, index))} ${unit} at ${where}`;
}

define("tfx-map-cell", MapCell);
