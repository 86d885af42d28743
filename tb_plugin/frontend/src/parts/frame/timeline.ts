/** Metrics over epochs with the one playhead that moves every map, number and strip. */

import { html, nothing, type PropertyDeclarations, unsafeCSS } from "lit";
import uplotCss from "uplot/dist/uPlot.min.css";
import { epochText, timeText } from "../../analysis/epochs.ts";
import { isAlarm } from "../../analysis/findings.ts";
import { Changes } from "../../draw/changes.ts";
import {
  type Curve,
  chooseTracks,
  isValidation,
  lanesOf,
  type Track,
  TrackPlot,
  tracksOf,
  X_AXIS,
} from "../../draw/tracks.ts";
import { Player } from "../../state/player.ts";
import { allTracks } from "./all-tracks.ts";
import { EpochAxis, LEFT, RIGHT } from "./epoch-axis.ts";
import { Later } from "./later.ts";
import { define, PaintedPart, setText } from "./part.ts";
import { hideReadout, showReadout } from "./readout.ts";
import { base } from "./styles.ts";
import { timelineStyles } from "./timeline-styles.ts";
import { HELP, HINT, PAUSE, PLAY } from "./timeline-words.ts";
import { trackChoice } from "./track-choice.ts";
import { trackHeight } from "./track-height.ts";
import { trackText } from "./track-text.ts";
import { MOST, tellValues, valuesTable } from "./values-table.ts";

/** How much nearer one step of the wheel or one key brings. */
const NEARER = 1.3;

const ALARMS = new Later("Alarms", () => import("../overview/alarms.ts"));

export class Timeline extends PaintedPart {
  static override styles = [unsafeCSS(uplotCss), base, timelineStyles];

  static override properties: PropertyDeclarations = { folded: { type: Boolean, reflect: true } };
  /** Where a map has the room: one track alone. */
  declare folded: boolean;

  private plots: TrackPlot[] = [];
  private readonly plotted = new Changes();
  private readonly axis = new EpochAxis(() => this.dashboard);
  private readonly player = new Player(
    () => this.advance(),
    () => this.requestUpdate(),
  );
  /** Whether it was ever asked which curves there are. */
  private isChoosing = false;
  private readonly sizes = new ResizeObserver(() => this.layOut());
  /** Where a range is being dragged: its ends. */
  private selection: readonly [number, number] | undefined;
  /** How high tracks are depends on the window, where nobody moved the divider. */
  private readonly onResize = (): void => this.layOut();
  private readonly onSeek = (): void => this.axis.follow(this.dashboard.step);

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("resize", this.onResize);
    this.dashboard.addEventListener("seek", this.onSeek);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("resize", this.onResize);
    this.dashboard.removeEventListener("seek", this.onSeek);
    this.sizes.disconnect();
    this.player.stop();
  }

  override firstUpdated(): void {
    const tracks = this.find(".tracks");
    if (tracks) this.sizes.observe(tracks);
    this.sizes.observe(this);
  }

  override render() {
    const { scene } = this.dashboard;
    return html`
      <div class="bar">
        <button
          class="play"
          aria-label=${this.player.playing ? "Pause" : "Play"}
          title="Play or pause (Space)"
          ?disabled=${scene.steps.length < 2}
          @click=${() => this.togglePlay()}
        >
          ${this.player.playing ? PAUSE : PLAY}
        </button>
        <span class="epoch"></span>
        ${scene.steps.length > 1 ? html`<span class="muted" title=${HELP}>${HINT}</span>` : nothing}
        ${this.zoomed()} ${this.alarms?.alarmButtons(this.dashboard)}
        ${
          !this.isStill && this.tracks.some(({ curves }) => curves.some(isJudged))
            ? html`<span class="muted strokes">solid: validation, dashed: training</span>`
            : nothing
        }
        ${this.isStill || this.folded ? nothing : trackChoice(this.dashboard, this.all, this.tracks, () => this.openChoice())}
      </div>
      <div
        class="tracks"
        role="slider"
        tabindex="0"
        aria-label="Epoch"
        aria-valuemin=${scene.steps[0] ?? 0}
        aria-valuemax=${scene.steps.at(-1) ?? 0}
        @pointerdown=${this.grab}
        @pointermove=${this.drag}
        @pointerup=${this.release}
        @pointerleave=${() => hideReadout(this.dashboard)}
        @wheel=${this.wheel}
        @dblclick=${() => this.axis.zoomTo(undefined)}
        @keydown=${this.steer}
      >
        <div class="plots"></div>
        <div class="rail"><canvas></canvas></div>
        ${this.alarms?.alarmLines(this.dashboard, this.axis.range)}
        <div class="selection" hidden></div>
        <div class="playhead"></div>
      </div>
      <div class="values" tabindex="0" role="group" aria-label="Values at this epoch">
        ${this.folded ? nothing : valuesTable(this.dashboard, this.tracks, this.isStill)}
      </div>
    `;
  }

  override updated(): void {
    const { found, scene, store } = this.dashboard;
    const { shown } = scene;
    found.look(store.listing);
    this.toggleAttribute("still", this.isStill);
    this.hidden = this.isStill && this.all.length === 0;
    const runs = Math.min(Math.max(shown.length, 2), MOST);
    this.style.setProperty("--values", `${106 + (this.isEven ? 92 : 158) * runs}px`);
    this.plot();
    super.updated();
  }

  /** Whether all that is told has a value at every epoch, so that no other epoch has to be named. */
  private get isEven(): boolean {
    const { steps } = this.dashboard.scene;
    return this.tracks.every(({ curves }) =>
      curves.every(({ points }) => points.length === steps.length),
    );
  }

  /** One epoch is no time to draw: its values have the room instead. */
  private get isStill(): boolean {
    return this.dashboard.scene.steps.length === 1;
  }

  /** Their script is loaded where there is one. */
  private get alarms() {
    return this.dashboard.found.findings.some(isAlarm) ? ALARMS.get(this) : undefined;
  }

  private openChoice(): void {
    this.isChoosing = true;
    this.requestUpdate();
  }

  togglePlay(): void {
    const { steps } = this.dashboard.scene;
    if (steps.length < 2) return;
    if (!this.player.playing && this.dashboard.step === steps.at(-1)) {
      this.dashboard.seek(steps[0] ?? 0);
    }
    this.player.toggle();
  }

  paint(): void {
    const { scene, step } = this.dashboard;
    const last = scene.steps.at(-1) ?? 0;
    const text = scene.steps.length > 0 ? timeText(step, last) : "No epochs yet";
    setText(this.find(".epoch"), text);
    const slider = this.find(".tracks");
    slider?.setAttribute("aria-valuenow", String(step));
    slider?.setAttribute("aria-valuetext", text);
    const playhead = this.find<HTMLElement>(".playhead");
    if (playhead) playhead.style.setProperty("--x", `${this.axis.xOf(step)}px`);
    tellValues(this.renderRoot, step);
  }

  private advance(): void {
    const { steps } = this.dashboard.scene;
    this.dashboard.move(1);
    if (this.dashboard.step === steps.at(-1)) this.player.stop();
  }

  // ------------------------------------------------------------------ tracks

  /** All there is to choose from. */
  private get all(): readonly Track[] {
    return allTracks(this.dashboard, this, this.isChoosing);
  }

  private get tracks(): readonly Track[] {
    const { scene, store, view } = this.dashboard;
    return chooseTracks(this.all, tracksOf(scene, store), view.tracks);
  }

  /** Plot anew where curves, theme or width changed; everything else only moves the playhead. */
  private plot(): void {
    const tracks = this.folded ? this.tracks.slice(0, 1) : this.tracks;
    const { dark } = this.dashboard;
    const host = this.find<HTMLElement>(".plots");
    if (!host) return;
    const points = tracks.map(({ name, title, curves }) => [
      name,
      title,
      ...curves.map(({ run, metric, points }) => [run.id, metric, points.length]),
    ]);
    const { axis } = this;
    axis.width = host.clientWidth;
    const lanes = tracks.reduce((sum, track) => sum + lanesOf(track), 0);
    const height = trackHeight(this.dashboard, lanes, this.folded ? undefined : this.clientHeight);
    const { width, range, isZoomed, unit } = axis;
    const key = JSON.stringify([dark, width, height, points, range, unit]);
    if (width === 0 || !this.plotted.differ(key)) return;
    for (const plot of this.plots) plot.destroy();
    const style = getComputedStyle(this);
    const palette = {
      text: style.getPropertyValue("--muted").trim(),
      line: style.getPropertyValue("--line").trim(),
    };
    this.plots = tracks.map(
      (track, i) =>
        new TrackPlot(host, track, {
          width,
          height: height * lanesOf(track) + (i === tracks.length - 1 ? X_AXIS : 0),
          hasAxis: i === tracks.length - 1,
          left: LEFT,
          right: RIGHT,
          range,
          isZoomed,
          unit,
          palette,
        }),
    );
    const rail = this.find<HTMLCanvasElement>(".rail canvas");
    if (rail) axis.drawRail(rail, palette.text);
  }

  private layOut(): void {
    this.plot();
    this.dashboard.stage.invalidate();
  }

  // --------------------------------------------------------------- scrubbing

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.find<HTMLElement>(".tracks")?.setPointerCapture(event.pointerId);
    this.player.stop();
    if (event.shiftKey) this.select(event.clientX, event.clientX);
    else this.seekTo(event.clientX);
  }

  private drag(event: PointerEvent): void {
    if (this.selection) this.select(this.selection[0], event.clientX);
    else if (event.buttons & 1) this.seekTo(event.clientX);
    this.readOut(event.clientX, event.clientY);
  }

  /** A dragged range is zoomed to. */
  private release(): void {
    const { selection } = this;
    if (!selection) return;
    this.select(undefined);
    const [first, last] = selection.map((x) => this.stepAt(x)).sort((a, b) => a - b);
    if (first !== undefined && last !== undefined && first < last) {
      this.axis.zoomToRange(first, last);
    }
  }

  private select(from: number | undefined, to = 0): void {
    this.selection = from === undefined ? undefined : [from, to];
    const band = this.find<HTMLElement>(".selection");
    const left = this.find(".tracks")?.getBoundingClientRect().left ?? 0;
    if (!band) return;
    band.hidden = from === undefined;
    band.style.left = `${Math.min(from ?? 0, to) - left}px`;
    band.style.width = `${Math.abs(to - (from ?? 0))}px`;
  }

  private seekTo(clientX: number): void {
    this.dashboard.seek(this.stepAt(clientX));
  }

  /** Where a point lies between the epochs. */
  private stepAt(clientX: number): number {
    return this.axis.stepAt(clientX - (this.find(".plots")?.getBoundingClientRect().left ?? 0));
  }

  // ------------------------------------------------------------------- zoom

  private zoomed() {
    if (!this.axis.isZoomed) return nothing;
    const [first, last] = this.axis.range;
    return html`<button
      class="all"
      title="Show all epochs again (Escape, or double click)"
      @click=${() => this.axis.zoomTo(undefined)}
    >
      ${epochText(first)}–${epochText(last)} ✕<span class="hidden">: show all epochs</span>
    </button>`;
  }

  private wheel(event: WheelEvent): void {
    if (event.deltaY === 0 || this.isStill) return;
    event.preventDefault();
    const factor = event.deltaY < 0 ? NEARER : 1 / NEARER;
    this.axis.zoomBy(factor, this.stepAt(event.clientX));
  }

  private steer(event: KeyboardEvent): void {
    const factor = { "+": NEARER, "=": NEARER, "-": 1 / NEARER }[event.key];
    const isReset = this.axis.isZoomed && event.key === "Escape";
    if (factor === undefined && !isReset) return;
    event.preventDefault();
    event.stopPropagation();
    if (factor === undefined) this.axis.zoomTo(undefined);
    else this.axis.zoomBy(factor, this.dashboard.step);
  }

  /** The values of the track under the pointer, at the epoch nearest to it. */
  private readOut(clientX: number, clientY: number): void {
    const hosts = [...this.renderRoot.querySelectorAll(".uplot")];
    const index = hosts.findIndex((host) => clientY < host.getBoundingClientRect().bottom);
    const track = this.tracks[index];
    if (!track) hideReadout(this.dashboard);
    else {
      const step = this.dashboard.nearest(this.stepAt(clientX));
      showReadout(this.dashboard, clientX, clientY, trackText(track, step));
    }
  }
}

function isJudged({ metric }: Curve): boolean {
  return isValidation(metric);
}

define("tfx-timeline", Timeline);
