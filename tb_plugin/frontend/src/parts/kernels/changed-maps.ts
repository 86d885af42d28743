/** The maps of each sample as the model is, and with one kernel compressed: on one scale. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { plural } from "../../analysis/numbers.ts";
import { knownAt } from "../../data/series.ts";
import { filledSize, paintFigure } from "../../draw/figure.ts";
import { paletteOf } from "../../draw/palette.ts";
import type { AttributionMap } from "../../format/maps.ts";
import type { Changed } from "../../format/sensitive.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import { define, PaintedPart, Part } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { canvasOf } from "../maps/map-canvas.ts";
import {
  type CellAddress,
  drawnScale,
  figureOf,
  mapAt,
  pictureOf,
  shownPlane,
} from "../maps/map-figure.ts";

const SIDE = 84;
const MOST = 24;

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
    const found = this.recorded;
    if (!found) return html`<p class="muted">No maps were kept of this kernel.</p>`;
    const { record, column } = found;
    const maps = record?.maps[record.settings.indexOf(this.setting)];
    if (!record) return html`<p class="muted">Loading…</p>`;
    if (!maps || !column) return html`<p class="muted">No maps were kept of this setting.</p>`;
    const shown = maps.slice(0, MOST);
    return html`<div class="maps">
        ${shown.map((map, own) => {
          const sample = this.dashboard.store.sharedNumber(this.run.id, own);
          const cell = { run: this.run, column, sample };
          return html`<figure>
            <div class="pair">
              <tfx-changed-map .dashboard=${this.dashboard} .cell=${cell}></tfx-changed-map>
              <tfx-changed-map .dashboard=${this.dashboard} .cell=${cell} .map=${map}></tfx-changed-map>
            </div>
            <figcaption>sample ${sample}: as it is, ${this.setting}</figcaption>
          </figure>`;
        })}
      </div>
      ${maps.length > shown.length ? html`<p class="muted">and ${plural(maps.length - shown.length, "sample")} more</p>` : nothing}`;
  }

  /** The maps of this kernel's settings, and the column of those of the model as it is. */
  private get recorded(): { record: Changed | undefined; column: Column | undefined } | undefined {
    const { scene, store, step } = this.dashboard;
    const group = this.run.run.groups.find(
      ({ kind, layer }) => kind === "changed" && layer === this.layer,
    );
    if (!group) return undefined;
    const { record } = knownAt(store.get(this.run.id, group.group), "changed", step);
    const column = scene.columns.find(
      ({ explainer, layer, kind }) =>
        kind === "map" && explainer === group.explainer && layer === record?.layer,
    );
    return { record, column };
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

  override render() {
    const { column, sample } = this.cell;
    const what = this.map ? "compressed" : "as it is";
    return canvasOf(column, `${column.explainer} of sample ${sample}, ${what}`);
  }

  paint(): void {
    const { dashboard, cell } = this;
    const { run, column, sample } = cell;
    const own = mapAt(shownSeries(dashboard, run.id, column.group, sample), dashboard.step).record;
    const map = this.map ?? own;
    const picture = pictureOf(dashboard, cell, SIDE);
    if (!this.isNew(own, map, picture, dashboard.revision)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas) return;
    const figure = figureOf(dashboard, cell, {
      plane: map && shownPlane(dashboard, column, map),
      signed: column.signed,
      limit: own ? drawnScale(dashboard, cell, own).limit : (map?.scale ?? 0),
      ...{ marked: -1, large: false, picture },
      palette: () => paletteOf(this),
    });
    paintFigure(dashboard.stage.canvases, canvas, filledSize(figure, SIDE), figure);
  }
}

define("tfx-changed-map", ChangedMap);
define("tfx-changed-maps", ChangedMaps);
