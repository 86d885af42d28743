/** The difference between two runs' maps of one sample, and how alike the two are. */

import { css, html, type PropertyDeclarations } from "lit";
import { legendGradient } from "../../analysis/colours.ts";
import { type Comparison, compare, obstacle, relativeDifference } from "../../analysis/compare.ts";
import { movedAt } from "../../analysis/drift.ts";
import { differenceEpochs } from "../../analysis/epochs.ts";
import { coefficient, short } from "../../analysis/numbers.ts";
import { largest } from "../../analysis/statistics.ts";
import { SAME } from "../../analysis/teacher.ts";
import { unwrapped } from "../../analysis/wrappers.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { partsOf } from "../../data/series.ts";
import { filledSize, type PositionAt, paintFigure } from "../../draw/figure.ts";
import type { Plane } from "../../draw/plane.ts";
import type { AttributionMap } from "../../format/records.ts";
import { isTeacher, type ShownRun } from "../../state/runs.ts";
import { TEACHER } from "../../tables.ts";
import { define, setText } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { Cell, hasWords } from "./cell.ts";
import { canvasOf } from "./map-canvas.ts";
import { readoutText } from "./map-cell.ts";
import {
  type CellAddress,
  drawnScale,
  figureOf,
  partOf,
  pictureOf,
  positionTextOf,
} from "./map-figure.ts";
import { type KnownSide, sideOf } from "./sides.ts";

export class DifferenceCell extends Cell {
  static override properties: PropertyDeclarations = { pair: { attribute: false } };
  static override styles = [
    ...Cell.styles,
    css`
      .map {
        cursor: crosshair;
      }
      .map:hover {
        box-shadow: none;
      }
      .bar {
        height: 6px;
        margin-top: 4px;
      }
      .ends {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
        white-space: nowrap;
      }
    `,
  ];
  declare pair: readonly [ShownRun, ShownRun];

  private plane: Plane | undefined;
  private positionAt: PositionAt = () => -1;
  private depth = 1;
  private pointer: { x: number; y: number } | undefined;
  private epochs = "";

  override render() {
    const name = `${this.pair[0].name} minus ${this.pair[1].name}, ${this.column.explainer}`;
    const words = hasWords(this.column) ? "words" : "";
    return html`
      <div class="map frame ${words}" @pointermove=${this.point} @pointerleave=${this.leave}>
        ${canvasOf(this.column, name)}<span class="flag"></span>
      </div>
      <div class="scale" hidden>
        <div class="bar" style="background: ${legendGradient(this.dashboard.view.diverging)}"></div>
        <div class="ends"><span class="low"></span><span>0</span><span class="high"></span></div>
        <div class="ends">
          <span class="cut" title="larger in ${this.pair[1].name}">← ${this.pair[1].name}</span>
          <span class="cut" title="larger in ${this.pair[0].name}">${this.pair[0].name} →</span>
        </div>
      </div>
      <dl>
        <dt class="logged-name" title="Rank correlation with the teacher’s map of this sample, as logged" ?hidden=${!this.isTaught}>
          Spearman
        </dt>
        <dd class="logged" ?hidden=${!this.isTaught}></dd>
        <dt title="Pearson correlation of the two maps over all positions">Pearson r</dt>
        <dd class="r"></dd>
        <dt
          title="Intersection over union of the positions with the largest tenth of magnitudes in each map"
        >
          IoU, top 10%
        </dt>
        <dd class="overlap"></dd>
        <dt>max |diff.|</dt>
        <dd class="largest"></dd>
      </dl>
    `;
  }

  paint(): void {
    const { column, sample } = this;
    const [a, b] = this.pair.map((run) => sideOf(this.dashboard, { run, column, sample })) as [
      KnownSide,
      KnownSide,
    ];
    const parts = [...partsOf(a.known), ...partsOf(b.known)];
    const run = a.picture || a.input ? this.pair[0] : this.pair[1];
    const cell = { run, column: this.column, sample: this.sample };
    const picture = pictureOf(this.dashboard, cell, this.size);
    if (!this.isNew(...parts, this.dashboard.revision, picture)) return;
    const why = obstacle(a, b);
    const both = a.map && b.map && !why ? this.compared(a.map, b.map) : undefined;
    this.epochs = differenceEpochs(a.known, b.known);
    const flags = why
      ? [`no difference: ${why}`]
      : [this.epochs, this.weights(a, b), cautionOf(a.map, b.map, both)];
    this.draw(both, a.map ?? b.map, cell, picture);
    this.write(() => this.tell(both, flags.filter(Boolean).join(" · ")));
    if (this.pointer) this.readOut(this.pointer.x, this.pointer.y);
  }

  private weights(...sides: readonly KnownSide[]): string {
    const texts = sides.map(({ known }, i) => {
      const text = this.dashboard.weights(this.pair[i]?.id ?? "", known.step);
      return text && `${this.pair[i]?.name} ${text}`;
    });
    return texts.filter(Boolean).join(" · ");
  }

  private draw(
    both: Comparison | undefined,
    map: AttributionMap | undefined,
    cell: CellAddress,
    picture: Pixels | undefined,
  ): void {
    const { view, scene } = this.dashboard;
    const { column } = this;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas) return;
    this.plane = both && map && this.partOf(both.difference, map);
    this.depth = map?.depth ?? 1;
    const own = { limit: both?.largest ?? 0, above: 0 };
    const { limit } = scene.scales.of(view, column, this.sample, () => own);
    this.tellScale(this.plane ? (this.isTaught ? 1 : limit) : 0);
    const figure = figureOf(this.dashboard, cell, {
      plane: this.plane,
      signed: true,
      limit: this.isTaught ? 1 : limit,
      marked: -1,
      large: false,
      picture,
      palette: () => this.palette,
    });
    const size = filledSize(figure, this.size);
    this.positionAt = paintFigure(this.dashboard.stage.canvases, canvas, size, figure);
  }

  /** What the colours of a difference stand for, where there is one. */
  private tellScale(limit: number): void {
    this.find(".scale")?.toggleAttribute("hidden", limit === 0);
    setText(this.find(".low"), short(-limit));
    setText(this.find(".high"), `${short(limit)} ${this.unit}`);
  }

  /** Whether one of the two is the other's teacher, whose maps have a scale of their own. */
  private get isTaught(): boolean {
    const [a, b] = this.pair.map(isTeacher);
    return a !== b;
  }

  private get unit(): string {
    return this.isTaught ? "of each scale" : this.column.unit;
  }

  private compared(a: AttributionMap, b: AttributionMap): Comparison {
    const both = compare(a, b);
    if (!this.isTaught) return both;
    const { dashboard, column, sample, pair } = this;
    const [x, y] = pair.map((run, i) =>
      drawnScale(dashboard, { run, column, sample }, i === 0 ? a : b),
    );
    const difference = relativeDifference([a, x?.limit ?? 0], [b, y?.limit ?? 0]);
    return { ...both, difference, largest: largest(difference) };
  }

  /** What the log says of how alike the student's map is to its teacher's, whatever their sides. */
  private get logged(): number {
    const { store, step } = this.dashboard;
    const { explainer, layer } = this.column;
    const explained = { key: `${explainer}/${unwrapped(layer)}`, explainer, layer };
    const [moved] = movedAt(this.pair, store, explained, SAME, step).filter(
      (one) => one.drift.reference === TEACHER,
    );
    return moved?.scores.find(({ sample }) => sample === this.sample)?.value ?? Number.NaN;
  }

  /** The shown slice or head of a difference. */
  private partOf(difference: Float32Array, { width, height, depth }: AttributionMap): Plane {
    const start = partOf(this.dashboard, this.column, depth) * width * height;
    return { data: difference.subarray(start, start + width * height), width, height, scale: 1 };
  }

  private tell(both: Comparison | undefined, flag: string): void {
    setText(this.find(".flag"), flag);
    setText(this.find(".logged"), coefficient(this.logged));
    setText(this.find(".r"), both ? coefficient(both.r) : "–");
    setText(this.find(".overlap"), both ? coefficient(both.overlap) : "–");
    setText(this.find(".largest"), both ? `${short(both.largest)} ${this.unit}` : "–");
  }

  private point(event: PointerEvent): void {
    this.pointer = { x: event.clientX, y: event.clientY };
    this.readOut(event.clientX, event.clientY);
  }

  private readOut(clientX: number, clientY: number): void {
    const canvas = this.find("canvas")?.getBoundingClientRect();
    const { plane } = this;
    if (!canvas || !plane) return;
    const index = this.positionAt(clientX - canvas.left, clientY - canvas.top);
    const { column, sample, dashboard, depth } = this;
    const cell = { run: this.pair[0], column, sample };
    const where = index < 0 ? "" : positionTextOf(dashboard, cell, plane, depth, index);
    if (index < 0) hideReadout(dashboard);
    else {
      const text = readoutText(plane, index, this.unit, where);
      showReadout(dashboard, clientX, clientY, this.epochs ? `${text}, ${this.epochs}` : text);
    }
  }

  private leave(): void {
    this.pointer = undefined;
    hideReadout(this.dashboard);
  }
}

/** Why feature maps are not subtracted. */
export const NO_CHANNELS =
  "No difference: each training has channels of its own. Channel 4 of one run finds something else than channel 4 of another; only copies of one model can be read tile by tile.";

function cautionOf(
  a: AttributionMap | undefined,
  b: AttributionMap | undefined,
  both: Comparison | undefined,
): string {
  if (a && b && (a.target !== b.target || a.minus !== b.minus)) {
    return "the runs explain different targets";
  }
  return both && Number.isNaN(both.r) ? "no r: one map is the same everywhere" : "";
}

define("tfx-difference-cell", DifferenceCell);
