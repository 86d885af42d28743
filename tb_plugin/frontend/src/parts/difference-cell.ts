/** The difference between two runs' maps of one sample, and how alike the two are. */

import { css, html, type PropertyDeclarations } from "lit";
import { type Comparison, compare, obstacle } from "../analysis/compare.ts";
import { coefficient, short } from "../analysis/numbers.ts";
import { recordAt } from "../data/series.ts";
import { positionAt, type Rect, sharpContext } from "../draw/canvas.ts";
import { colouringOf, drawLayers, limitOf, sizeOf } from "../draw/look.ts";
import type { Plane } from "../draw/plane.ts";
import type { AttributionMap } from "../format/records.ts";
import type { ShownRun } from "../state/scene.ts";
import { Cell } from "./cell.ts";
import { inputOf, readoutText } from "./map-cell.ts";
import { define, setText } from "./part.ts";
import { hideReadout, showReadout } from "./readout.ts";

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
    `,
  ];
  declare pair: readonly [ShownRun, ShownRun];

  private plane: Plane | undefined;
  private rect: Rect = { x: 0, y: 0, width: 1, height: 1 };
  private pointer: { x: number; y: number } | undefined;

  override render() {
    const name = `${this.pair[0].name} minus ${this.pair[1].name}, ${this.column.explainer}`;
    return html`
      <div class="map frame" @pointermove=${this.point} @pointerleave=${this.leave}>
        <canvas role="img" aria-label=${name}></canvas><span class="flag"></span>
      </div>
      <dl>
        <dt title="Pearson correlation of the two maps over all positions">Pearson r</dt>
        <dd class="r"></dd>
        <dt
          title="Intersection over union of the positions with the largest tenth of magnitudes in each map"
        >
          IoU of top 10%
        </dt>
        <dd class="overlap"></dd>
        <dt>max |diff.|</dt>
        <dd class="largest"></dd>
      </dl>
    `;
  }

  paint(): void {
    const [a, b] = this.pair.map((run) => this.sideOf(run)) as [Side, Side];
    if (!this.isNew(a.map, b.map, this.dashboard.revision)) return;
    const why = obstacle(a, b);
    const both = a.map && b.map && !why ? compare(a.map, b.map) : undefined;
    const flag = why ? `no difference: ${why}` : cautionOf(a.map, b.map, both);
    setText(this.find(".flag"), flag);
    this.draw(both, a, b);
    this.tell(both);
    if (this.pointer) this.readOut(this.pointer.x, this.pointer.y);
  }

  private sideOf(run: ShownRun): Side {
    const { store, step } = this.dashboard;
    const { group } = this.column;
    return {
      name: run.name,
      map: recordAt(store.get(run.id, group, this.sample), "map", step),
      picture: store.picture(run.id, inputOf(run, group), this.sample),
    };
  }

  private draw(both: Comparison | undefined, a: Side, b: Side): void {
    const { view, scene } = this.dashboard;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, view.size, view.size);
    if (!context) return;
    const map = a.map ?? b.map;
    this.plane = both &&
      map && { data: both.difference, width: map.width, height: map.height, scale: 1 };
    const limit = limitOf(scene, view, this.column.group, both?.largest ?? 0);
    const picture = (a.picture ?? b.picture)?.image;
    const box = { x: 0, y: 0, width: view.size, height: view.size };
    this.rect = drawLayers(context, box, {
      picture,
      size: sizeOf(picture, this.plane),
      plane: this.plane,
      colouring: colouringOf(view, true, limit, !!picture),
      opacity: view.opacity,
      marked: -1,
    });
  }

  private tell(both: Comparison | undefined): void {
    setText(this.find(".r"), both ? coefficient(both.r) : "–");
    setText(this.find(".overlap"), both ? coefficient(both.overlap) : "–");
    setText(this.find(".largest"), both ? `${short(both.largest)} ${this.column.unit}` : "–");
  }

  private point(event: PointerEvent): void {
    this.pointer = { x: event.clientX, y: event.clientY };
    this.readOut(event.clientX, event.clientY);
  }

  private readOut(clientX: number, clientY: number): void {
    const canvas = this.find("canvas")?.getBoundingClientRect();
    const { plane } = this;
    if (!canvas || !plane) return;
    const index = positionAt(clientX - canvas.left, clientY - canvas.top, plane, this.rect);
    if (index < 0) hideReadout(this.dashboard);
    else showReadout(this.dashboard, clientX, clientY, readoutText(plane, index, this.column.unit));
  }

  private leave(): void {
    this.pointer = undefined;
    hideReadout(this.dashboard);
  }
}

type Side = Parameters<typeof obstacle>[0];

function cautionOf(
  a: AttributionMap | undefined,
  b: AttributionMap | undefined,
  both: Comparison | undefined,
): string {
  if (a && b && a.target !== b.target) return "the runs explain different targets";
  return both && Number.isNaN(both.r) ? "no r: one map is the same everywhere" : "";
}

define("tfx-difference-cell", DifferenceCell);
