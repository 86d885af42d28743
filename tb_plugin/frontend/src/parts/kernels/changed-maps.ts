/** The maps of each sample as the model is, and with one kernel compressed: on one scale. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { plural, short } from "../../analysis/numbers.ts";
import { knownAt } from "../../data/series.ts";
import { filledSize, type PositionAt, paintFigure } from "../../draw/figure.ts";
import { paletteOf } from "../../draw/palette.ts";
import { type Plane, valueAt } from "../../draw/plane.ts";
import type { AttributionMap } from "../../format/maps.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import { define, PaintedPart, Part } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";
import { canvasOf } from "../maps/map-canvas.ts";
import {
  type CellAddress,
  drawnScale,
  figureOf,
  mapAt,
  pictureOf,
  positionTextOf,
  shownPlane,
} from "../maps/map-figure.ts";

const SIDE = 84;
/** Of values and words, which need room for names. */
const WIDE = 132;
/** Of all methods and layers together. */
const MOST = 24;
const LEAST = 4;

/** The maps of one method at one layer under a setting, by sample. */
interface Place {
  readonly column: Column;
  readonly maps: readonly AttributionMap[];
}

export class ChangedMaps extends Part {
  static override properties: PropertyDeclarations = {
    run: { attribute: false },
    layer: { attribute: false },
    setting: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      .maps {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
      }
      figure {
        margin: 0;
      }
      .pair {
        display: flex;
        gap: 2px;
      }
      h4 {
        font-size: 12px;
        font-weight: 600;
        margin: 8px 0 4px;
      }
      figcaption {
        font-size: 11px;
        color: var(--muted);
      }
    `,
  ];
  declare run: ShownRun;
  declare layer: string;
  declare setting: string;

  override render() {
    const { places } = this;
    if (!places) return html`<p class="muted">No maps were kept of this setting.</p>`;
    if (places.length === 0) return html`<p class="muted">Loading…</p>`;
    const most = Math.max(LEAST, Math.floor(MOST / places.length));
    return html`<p class="muted">Each sample as the model is, and with ${this.setting}, on one scale</p>
      ${places.map((place) => this.place(place, most))}`;
  }

  private place({ column, maps }: Place, most: number) {
    const { dashboard, run } = this;
    const more = maps.length - most;
    return html`<h4>${column.explainer} at ${dashboard.scene.layerText(column.layer)}</h4>
      <div class="maps">
        ${maps.slice(0, most).map((map, own) => {
          const sample = dashboard.store.sharedNumber(run.id, own);
          const cell = { run, column, sample };
          return html`<figure>
            <div class="pair">
              <tfx-changed-map .dashboard=${dashboard} .cell=${cell}></tfx-changed-map>
              <tfx-changed-map .dashboard=${dashboard} .cell=${cell} .map=${map}></tfx-changed-map>
            </div>
            <figcaption>sample ${sample}</figcaption>
          </figure>`;
        })}
      </div>
      ${more > 0 ? html`<p class="muted">and ${plural(more, "sample")} more</p>` : nothing}`;
  }

  /** Every method and layer with maps of this setting; undefined where none were kept. */
  private get places(): Place[] | undefined {
    const { scene, store, step } = this.dashboard;
    const groups = this.run.run.groups.filter(
      ({ kind, layer }) => kind === "changed" && layer === this.layer,
    );
    const records = groups.flatMap(({ group, explainer }) => {
      const { record } = knownAt(store.get(this.run.id, group), "changed", step);
      return record ? [{ record, explainer }] : [];
    });
    if (records.length < groups.length) return [];
    const places = records.flatMap(({ record, explainer }) =>
      record.layers.flatMap((own, i): Place[] => {
        const maps = record.maps[i]?.[record.settings.indexOf(this.setting)];
        const column = scene.columns.find(
          ({ kind, explainer: method, layer }) =>
            kind === "map" && method === explainer && layer === own,
        );
        return maps && column ? [{ column, maps }] : [];
      }),
    );
    return places.length > 0 ? places : undefined;
  }
}

/** One map over its input: the model's own, or the one that is handed over, on the same scale. */
export class ChangedMap extends PaintedPart {
  static override properties: PropertyDeclarations = {
    cell: { attribute: false },
    map: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      canvas {
        display: block;
      }
    `,
  ];
  declare cell: CellAddress;
  declare map: AttributionMap | undefined;
  private positionAt: PositionAt = () => -1;
  private plane: Plane | undefined;
  private depth = 1;

  override render() {
    const { column, sample } = this.cell;
    const what = this.map ? "compressed" : "as it is";
    return html`<div @pointermove=${this.point} @pointerleave=${() => hideReadout(this.dashboard)}>
      ${canvasOf(column, `${column.explainer} of sample ${sample}, ${what}`)}
    </div>`;
  }

  paint(): void {
    const { dashboard, cell } = this;
    const { run, column, sample } = cell;
    const own = mapAt(shownSeries(dashboard, run.id, column.group, sample), dashboard.step).record;
    const map = this.map ?? own;
    const side = column.layout === "plane" ? SIDE : WIDE;
    const picture = pictureOf(dashboard, cell, side);
    if (!this.isNew(own, map, picture, dashboard.revision)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas) return;
    this.plane = map && shownPlane(dashboard, column, map);
    this.depth = map?.depth ?? 1;
    const figure = figureOf(dashboard, cell, {
      plane: this.plane,
      signed: column.signed,
      limit: own ? drawnScale(dashboard, cell, own).limit : (map?.scale ?? 0),
      ...{ marked: -1, large: false, isFixed: true, picture },
      palette: () => paletteOf(this),
    });
    const size = filledSize(figure, side);
    this.positionAt = paintFigure(dashboard.stage.canvases, canvas, size, figure);
  }

  /** Names have little room here: the whole one, with its number, stands at the pointer. */
  private point({ clientX, clientY }: PointerEvent): void {
    const { dashboard, cell, plane, depth } = this;
    const box = this.find("canvas")?.getBoundingClientRect();
    const index = box ? this.positionAt(clientX - box.left, clientY - box.top) : -1;
    if (!plane || index < 0) {
      hideReadout(dashboard);
      return;
    }
    const where = positionTextOf(dashboard, cell, plane, depth, index);
    const told = `${short(valueAt(plane, index))} ${cell.column.unit} at ${where}`;
    showReadout(dashboard, clientX, clientY, told);
  }
}

define("tfx-changed-map", ChangedMap);
define("tfx-changed-maps", ChangedMaps);
