/** One map over all kept epochs, side by side; the playhead's epoch is marked, any can be clicked. */

import { css, html, nothing } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { type AnyRecord, pointAt } from "../../data/series.ts";
import { sharpContext } from "../../draw/canvas.ts";
import { channelPlane, colouringOf, drawLayers, isCoarse, sizeOf } from "../../draw/map-layers.ts";
import type { Plane } from "../../draw/plane.ts";
import { asMap } from "../../format/maps.ts";

import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { drawnScale, pictureOf, shownPlane, sliceOf } from "./map-figure.ts";

const FRAME = 72;
const MAX_FRAMES = 120;

export class FilmStrip extends PaintedPart {
  static override properties = {
    run: { attribute: false },
    column: { attribute: false },
    sample: { type: Number },
    channel: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin-bottom: 6px;
      }
      .strip {
        display: flex;
        gap: 6px;
        overflow-x: auto;
        padding: 3px 3px 8px;
      }
      button {
        flex: none;
        border: 0;
        padding: 0;
        background: none;
        border-radius: 3px;
        font-size: 11px;
        line-height: 16px;
        color: var(--muted);
        text-align: center;
      }
      canvas {
        display: block;
        border-radius: 3px;
        background: var(--card);
      }
      button[aria-current="true"] {
        color: var(--accent);
        font-weight: 600;
      }
      button[aria-current="true"] canvas {
        box-shadow: 0 0 0 2px var(--accent);
      }
    `,
  ];
  declare run: ShownRun;
  declare column: Column;
  declare sample: number;
  /** The number of the channel that is shown, where there are several. */
  declare channel: number;

  private current: number | undefined;
  private drawn: Pixels | undefined;

  override render() {
    const points =
      shownSeries(this.dashboard, this.run.id, this.column.group, this.sample)?.points ?? [];
    const every = Math.max(1, Math.ceil(points.length / MAX_FRAMES));
    const frames = points.filter((_, i) => i % every === 0 || i === points.length - 1);
    return html`
      <h3>Over epochs</h3>
      ${
        every > 1
          ? html`<p class="muted">${frames.length} of ${points.length} epochs are drawn here.</p>`
          : nothing
      }
      <div class="strip" @keydown=${this.steer}>
        ${frames.map(
          ({ step }) => html`<button
            data-step=${step}
            aria-label="Epoch ${epochText(step)}"
            @click=${() => this.dashboard.seek(step)}
          >
            <canvas></canvas>${epochText(step)}
          </button>`,
        )}
      </div>
    `;
  }

  override updated(): void {
    this.current = undefined;
    const series = shownSeries(this.dashboard, this.run.id, this.column.group, this.sample);
    this.drawn = this.picture;
    for (const frame of this.frames) {
      const record = pointAt(series, Number(frame.dataset.step))?.record;
      const canvas = frame.querySelector("canvas");
      if (canvas) this.draw(canvas, record);
    }
    super.updated();
  }

  paint(): void {
    const { step } = this.dashboard;
    if (this.picture !== this.drawn) this.requestUpdate();
    if (step === this.current) return;
    this.current = step;
    const before = [...this.frames].findLast((frame) => Number(frame.dataset.step) <= step);
    for (const frame of this.frames) {
      frame.setAttribute("aria-current", String(frame === before));
    }
    const strip = this.find<HTMLElement>(".strip");
    if (!before || !strip) return;
    const [left, width] = [before.offsetLeft - strip.offsetLeft, strip.clientWidth];
    const isSeen = left >= strip.scrollLeft && left + FRAME <= strip.scrollLeft + width;
    if (!isSeen) strip.scrollLeft = left - width / 2;
  }

  private get picture(): Pixels | undefined {
    return this.column.kind === "map" ? pictureOf(this.dashboard, this, FRAME) : undefined;
  }

  private get frames(): NodeListOf<HTMLElement> {
    return this.renderRoot.querySelectorAll<HTMLElement>("button[data-step]");
  }

  private draw(canvas: HTMLCanvasElement, record: AnyRecord | undefined): void {
    const context = sharpContext(canvas, FRAME, FRAME);
    const [plane, limit] = this.planeOf(record);
    if (!context) return;
    const { view } = this.dashboard;
    const picture = this.drawn;
    const smooth = isCoarse(this.column, picture, plane);
    drawLayers(
      context,
      { x: 0, y: 0, width: FRAME, height: FRAME },
      {
        picture,
        size: sizeOf(picture, plane),
        plane,
        colouring: colouringOf(view, this.column.signed, limit, smooth),
        marked: -1,
      },
    );
  }

  /** What is shown of a record, and the magnitude at the end of its colours. */
  private planeOf(record: AnyRecord | undefined): [Plane | undefined, number] {
    const { dashboard, column, sample } = this;
    const map = record?.kind === "matrix" ? asMap(record) : record;
    if (map?.kind === "map") {
      return [shownPlane(dashboard, column, map), drawnScale(dashboard, this, map).limit];
    }
    if (map?.kind !== "channels") return [undefined, 0];
    const place = map.channels.indexOf(this.channel);
    if (place < 0) return [undefined, 0];
    const plane = channelPlane(map, place, sliceOf(dashboard, map.depth));
    const { view, scene } = dashboard;
    return [plane, scene.scales.channel(view, column, sample, this.channel, plane.scale)];
  }

  /** Along the strip, the arrow keys move playhead and focus together. */
  private steer(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const frames = [...this.frames];
    const from = frames.indexOf(event.target as HTMLElement);
    const next = frames[from + by];
    next?.focus();
    if (next) this.dashboard.seek(Number(next.dataset.step));
  }
}

define("tfx-film-strip", FilmStrip);
