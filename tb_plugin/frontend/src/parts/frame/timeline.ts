/** Metrics over epochs with the one playhead that moves every map, number and strip. */

import { html, unsafeCSS } from "lit";
import uplotCss from "uplot/dist/uPlot.min.css";
import { fromText, valueUntil } from "../../analysis/epochs.ts";
import { Changes } from "../../draw/changes.ts";
import { driftTracks } from "../../draw/drift-tracks.ts";
import { totalTracks } from "../../draw/total-tracks.ts";
import { type Curve, type Track, TrackPlot, tracksOf } from "../../draw/tracks.ts";
import { Player } from "../../state/player.ts";
import { define, PaintedPart, setText } from "./part.ts";
import { hideReadout, showReadout } from "./readout.ts";
import { base } from "./styles.ts";
import { timelineStyles } from "./timeline-styles.ts";
import { trackText } from "./track-text.ts";
import { MOST, valuesTable } from "./values-table.ts";

/** Left of the plots stand the axes' numbers; the playhead's arithmetic needs their width. */
const LEFT = 56;
const RIGHT = 14;
/** Below the last track. */
const AXIS = 20;
/** A track lower than this tells nothing. */
const LOWEST = 24;
const RAIL = 12;

export class Timeline extends PaintedPart {
  static override styles = [unsafeCSS(uplotCss), base, timelineStyles];

  private plots: TrackPlot[] = [];
  private readonly plotted = new Changes();
  /** Kept, because asking for it in a frame would make the browser lay the page out at once. */
  private width = 0;
  private readonly player = new Player(
    () => this.advance(),
    () => this.requestUpdate(),
  );
  private readonly sizes = new ResizeObserver(() => this.layOut());
  /** How high tracks are depends on the window alone. */
  private readonly onResize = (): void => this.layOut();

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("resize", this.onResize);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("resize", this.onResize);
    this.sizes.disconnect();
    this.player.stop();
  }

  override firstUpdated(): void {
    const tracks = this.find(".tracks");
    if (tracks) this.sizes.observe(tracks);
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
        ${
          scene.steps.length > 1
            ? html`<span class="muted">drag, or ← → Home End; Space plays</span>`
            : ""
        }
        ${
          !this.isStill && this.tracks.some(({ name }) => name === "accuracy" || name === "loss")
            ? html`<span class="muted strokes">solid: validation, dashed: training</span>`
            : ""
        }
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
        @pointerleave=${() => hideReadout(this.dashboard)}
      >
        <div class="plots"></div>
        <div class="rail"><canvas></canvas></div>
        <div class="playhead"></div>
      </div>
      <div class="values" tabindex="0" role="group" aria-label="Values at this epoch">
        ${valuesTable(this.dashboard, this.tracks, this.isStill)}
      </div>
    `;
  }

  override updated(): void {
    const { shown } = this.dashboard.scene;
    this.toggleAttribute("still", this.isStill);
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
    const text = scene.steps.length > 0 ? `Epoch ${step} of ${last}` : "No epochs yet";
    setText(this.find(".epoch"), text);
    const slider = this.find(".tracks");
    slider?.setAttribute("aria-valuenow", String(step));
    slider?.setAttribute("aria-valuetext", text);
    const playhead = this.find<HTMLElement>(".playhead");
    if (playhead) playhead.style.setProperty("--x", `${this.xOf(step)}px`);
    this.tellValues();
  }

  private advance(): void {
    const { steps } = this.dashboard.scene;
    this.dashboard.move(1);
    if (this.dashboard.step === steps.at(-1)) this.player.stop();
  }

  // ------------------------------------------------------------------ tracks

  private get tracks(): Track[] {
    const { scene, store } = this.dashboard;
    return [
      ...tracksOf(scene, store),
      ...totalTracks(this.dashboard),
      ...driftTracks(this.dashboard),
    ];
  }

  /** Plot anew where curves, theme or width changed; everything else only moves the playhead. */
  private plot(): void {
    const { tracks } = this;
    const { dark, scene } = this.dashboard;
    const host = this.find<HTMLElement>(".plots");
    if (!host) return;
    const points = tracks.map(({ title, curves }) => [
      title,
      ...curves.map(({ run, metric, points }) => [run.id, metric, points.length]),
    ]);
    this.width = host.clientWidth;
    const height = this.trackHeight(tracks.length);
    const key = JSON.stringify([dark, this.width, height, points, scene.steps.at(-1)]);
    if (this.width === 0 || !this.plotted.differ(key)) return;
    for (const plot of this.plots) plot.destroy();
    const style = getComputedStyle(this);
    const palette = {
      text: style.getPropertyValue("--muted").trim(),
      line: style.getPropertyValue("--line").trim(),
    };
    const range = this.range;
    this.plots = tracks.map(
      (track, i) =>
        new TrackPlot(host, track, {
          width: this.width,
          height: i === tracks.length - 1 ? height + AXIS : height,
          hasAxis: i === tracks.length - 1,
          left: LEFT,
          right: RIGHT,
          range,
          palette,
        }),
    );
    this.drawRail(style.getPropertyValue("--muted").trim());
  }

  /** Many tracks are lower, so that the maps keep their room. */
  private trackHeight(count: number): number {
    const room = this.dashboard.scene.has.maps ? Math.min(window.innerHeight / 7, 180) : 184;
    return Math.max(LOWEST, Math.min(46, Math.floor(room / Math.max(1, count))));
  }

  private layOut(): void {
    this.plot();
    this.dashboard.stage.invalidate();
  }

  private get range(): readonly [number, number] {
    const { steps } = this.dashboard.scene;
    const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
    return first === last ? [first - 1, last + 1] : [first, last];
  }

  private xOf(step: number): number {
    const [first, last] = this.range;
    return 8 + LEFT + ((step - first) / (last - first)) * (this.width - LEFT - RIGHT);
  }

  /** A dot for each epoch whose maps were kept. */
  private drawRail(colour: string): void {
    const canvas = this.find<HTMLCanvasElement>(".rail canvas");
    if (!canvas || this.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = this.width * ratio;
    canvas.height = RAIL * ratio;
    canvas.style.width = `${this.width}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.fillStyle = colour;
    for (const step of this.dashboard.scene.steps) {
      context.beginPath();
      context.arc(this.xOf(step) - 8, RAIL / 2, 2, 0, 7);
      context.fill();
    }
  }

  // --------------------------------------------------------------- scrubbing

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.find<HTMLElement>(".tracks")?.setPointerCapture(event.pointerId);
    this.player.stop();
    this.seekTo(event.clientX);
  }

  private drag(event: PointerEvent): void {
    if (event.buttons & 1) this.seekTo(event.clientX);
    this.readOut(event.clientX, event.clientY);
  }

  private seekTo(clientX: number): void {
    this.dashboard.seek(this.stepAt(clientX));
  }

  /** Where a point lies between the epochs. */
  private stepAt(clientX: number): number {
    const left = this.find(".plots")?.getBoundingClientRect().left ?? 0;
    const share = (clientX - left - LEFT) / (this.width - LEFT - RIGHT);
    const [first, last] = this.range;
    return first + share * (last - first);
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

  // ------------------------------------------------------------------ values

  private tellValues(): void {
    const { step } = this.dashboard;
    type Value = HTMLElement & { track: Track; curve: Curve | undefined };
    for (const cell of this.renderRoot.querySelectorAll<Value>(".value")) {
      const known = valueUntil(cell.curve?.points ?? [], step);
      setText(cell.children[0], known ? cell.track.tell(known.value) : "–");
      setText(cell.children[1], known ? fromText(known) : "");
    }
  }
}

const PLAY = html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 0.5v11l9.5-5.5z" /></svg>`;
const PAUSE = html`<svg viewBox="0 0 12 12" aria-hidden="true">
  <path d="M1.5 0.5h3v11h-3zM7.5 0.5h3v11h-3z" />
</svg>`;

define("tfx-timeline", Timeline);
