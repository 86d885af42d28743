/** All samples of all shown runs at a glance: small maps on one canvas, the most telling first. */

import { html, nothing } from "lit";
import { className, verdict } from "../../analysis/filters.ts";
import { isRow } from "../../analysis/layouts.ts";
import { cellAt, placeOf, type WallLayout, wallLayout } from "../../analysis/wall-layout.ts";
import { type Palette, paletteOf } from "../../draw/palette.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { define, SizedPart } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";
import { canvasOf } from "../maps/map-canvas.ts";
import { pictureOf } from "../maps/map-figure.ts";
import { matchingSamples } from "../maps/matching.ts";
import { wallControls } from "./wall-controls.ts";
import { paintWall, sampleText } from "./wall-drawing.ts";
import { wallStyles } from "./wall-styles.ts";
import { mapOf, orderOf, sorted, tellerOf, textOf } from "./wall-values.ts";

/** The order follows the playhead once that rests, in milliseconds. */
const REST = 400;

/** Words and bars are wider than high. */
const ROW_RATIO = 1.8;

export class Wall extends SizedPart {
  static override styles = [base, wallStyles];

  private samples: readonly number[] = [];
  private layout: WallLayout | undefined;
  /** The cell that keys moved to. */
  private active = { index: 0, run: 0 };
  private resting = 0;
  private palette: Palette | undefined;

  private readonly onSeek = (): void => {
    window.clearTimeout(this.resting);
    this.resting = window.setTimeout(() => this.requestUpdate(), REST);
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("seek", this.onSeek);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("seek", this.onSeek);
    window.clearTimeout(this.resting);
  }

  override render() {
    const { dashboard } = this;
    const { scene } = dashboard;
    const matching = matchingSamples(dashboard);
    this.samples = sorted(dashboard, matching);
    const { samples } = this;
    const tell = tellerOf(dashboard);
    this.active = {
      index: Math.min(this.active.index, Math.max(0, samples.length - 1)),
      run: Math.min(this.active.run, Math.max(0, scene.shown.length - 1)),
    };
    return html`
      <header>
        <h2>All samples</h2>
        ${wallControls(dashboard)}
        <span class="muted"
          >${matching.length} of ${scene.samples.length} samples${keyOf(dashboard)}</span
        >
        <span class="runs">
          ${scene.shown.map(
            (run) => html`<span class="who"
              ><span class="dot" style="background: ${run.colour}"></span
              ><span class="cut" title=${run.name}>${run.name}</span></span
            >`,
          )}
        </span>
      </header>
      ${
        scene.needsAll || scene.fetched.length === scene.samples.length
          ? nothing
          : html`<p class="muted none">
            The maps of all samples are too much to load: those of the chosen samples are drawn.
            Another method may have smaller ones.
          </p>`
      }
      ${samples.length === 0 ? html`<p class="muted none">No sample is left by the filter.</p>` : nothing}
      <div class="room">
        <div
          class="wall"
          role="grid"
          tabindex="0"
          aria-label="Maps of all samples"
          aria-activedescendant="cell-${this.active.index}-${this.active.run}"
          @keydown=${this.steer}
          @click=${this.press}
          @pointermove=${this.readOut}
          @pointerleave=${() => hideReadout(dashboard)}
        >
          ${scene.evidence ? canvasOf(scene.evidence) : nothing}
          ${scene.shown.map(
            (run, r) => html`<div role="row" class="hidden">
              ${samples.map(
                (sample, i) => html`<span role="gridcell" id="cell-${i}-${r}"
                  >${this.nameOf(run, sample, tell)}</span
                >`,
              )}
            </div>`,
          )}
        </div>
      </div>
    `;
  }

  override updated(): void {
    this.palette = undefined;
    super.updated();
  }

  protected layOut(): void {
    this.dashboard.stage.invalidate();
  }

  // ----------------------------------------------------------------- drawing

  paint(): void {
    const { dashboard, samples, active } = this;
    const { shown, evidence } = dashboard.scene;
    const room = this.find<HTMLElement>(".room");
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!room || !canvas || !evidence) return;
    const size = { width: room.clientWidth, height: room.clientHeight };
    const ratio = isRow(evidence.layout) ? ROW_RATIO : 1;
    const layout = wallLayout(size, samples.length, shown.length, ratio);
    const cells = samples.flatMap((sample, index) =>
      shown.map((run, r) => ({
        ...{ run, column: evidence, sample, map: mapOf(dashboard, run, sample).record },
        picture: pictureOf(dashboard, { run, column: evidence, sample }, layout.width),
        rect: placeOf(layout, index, r, shown.length),
      })),
    );
    const parts = cells.flatMap(({ map, picture }) => [map, picture]);
    const predicted = shown.map(({ id }) => dashboard.predictions(id).record);
    const { width, height } = size;
    const { index, run } = active;
    if (!this.isNew(...parts, ...predicted, width, height, index, run, this.isFocused)) return;
    this.layout = layout;
    this.palette ??= paletteOf(this);
    const focus = this.isFocused ? placeOf(layout, index, run, shown.length) : undefined;
    const { palette } = this;
    paintWall(dashboard, canvas, width, { layout, samples, cells, focus, palette });
  }

  private nameOf(run: ShownRun, sample: number, tell: (sample: number) => string): string {
    const { record } = this.dashboard.predictions(run.id);
    const predicted = record?.predicted[sample] ?? -1;
    const found = verdict(run.samples, record, sample);
    const said = predicted >= 0 ? `, predicted ${className(run.samples, predicted)}` : "";
    const told = tell(sample);
    const by = told ? `, ${textOf(orderOf(this.dashboard))} ${told}` : "";
    return `${run.name}, sample ${sample}, label ${sampleText(this.dashboard, sample)}${said}${found === "unknown" ? "" : `, ${found}`}${by}`;
  }

  // ------------------------------------------------------------------ acting

  private get isFocused(): boolean {
    return this.find(".wall")?.matches(":focus-visible") ?? false;
  }

  private under(event: PointerEvent | MouseEvent) {
    const { layout, samples } = this;
    if (!layout) return undefined;
    const runs = this.dashboard.scene.shown.length;
    return cellAt(layout, event.offsetX, event.offsetY, samples.length, runs);
  }

  private readOut(event: PointerEvent): void {
    const cell = this.under(event);
    const run = cell && this.dashboard.scene.shown[cell.run];
    const sample = cell && this.samples[cell.index];
    if (!run || sample === undefined) hideReadout(this.dashboard);
    else
      showReadout(
        this.dashboard,
        event.clientX,
        event.clientY,
        this.nameOf(run, sample, tellerOf(this.dashboard)),
      );
  }

  private press(event: MouseEvent): void {
    const cell = this.under(event);
    if (cell) this.open(cell.index);
  }

  private open(index: number): void {
    const sample = this.samples[index];
    if (sample === undefined) return;
    hideReadout(this.dashboard);
    const { view } = this.dashboard;
    const isBeside = view.beside === "samples";
    this.dashboard.update({
      samples: [sample],
      opened: undefined,
      ...(isBeside ? {} : { view: "samples" }),
    });
  }

  private steer(event: KeyboardEvent): void {
    const { layout, samples } = this;
    const runs = this.dashboard.scene.shown.length;
    const { index, run } = this.active;
    const columns = layout?.columns ?? 1;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [index - 1, run],
      ArrowRight: [index + 1, run],
      ArrowUp: run > 0 ? [index, run - 1] : [index - columns, runs - 1],
      ArrowDown: run < runs - 1 ? [index, run + 1] : [index + columns, 0],
      Home: [0, run],
      End: [samples.length - 1, run],
    };
    const next = moves[event.key];
    if (event.key === "Enter") this.open(index);
    else if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next || next[0] < 0 || next[0] >= samples.length) return;
    this.active = { index: next[0], run: next[1] };
    this.requestUpdate();
  }
}

/** What colours, frames and numbers say. */
function keyOf(dashboard: Dashboard): string {
  const { evidence, shown } = dashboard.scene;
  const order = orderOf(dashboard);
  const hasLabels = shown.some(({ samples }) => samples?.labelKind === "class");
  return [
    evidence?.signed ? "red for, blue against" : "",
    hasLabels ? "frame: green right, red wrong" : "",
    order === "class" ? "" : `number: ${textOf(order).replace(" between runs", "")}`,
  ]
    .map((said) => said && ` · ${said}`)
    .join("");
}

define("tfx-wall", Wall);
