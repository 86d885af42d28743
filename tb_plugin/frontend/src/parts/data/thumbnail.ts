/** What a validation row is: its picture, small, or its words or values in short. */

import { css, html, nothing, type PropertyDeclarations } from "lit";
import { memo } from "../../analysis/memo.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import type { Picture } from "../../data/pictures.ts";
import type { Size } from "../../data/png.ts";
import { recordsOf } from "../../data/series.ts";
import { drawPicture, sharpContext } from "../../draw/canvas.ts";
import type { Thumbnails } from "../../format/thumbnails.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { base } from "../frame/styles.ts";

/** Whether anything is known of what rows are. */
export function hasThumbnails(dashboard: Dashboard): boolean {
  return recordsIn(dashboard).length > 0;
}

/** A row's picture with `side` pixels at most, or its text; nothing where neither is known. */
export function thumbnail(dashboard: Dashboard, hash: string, side: number) {
  const found = find(dashboard, hash);
  if (!found) return nothing;
  const text = found.record.texts[found.at];
  if (text) return html`<span class="thumb-text" title=${text}>${text}</span>`;
  if (found.record.sheet.length === 0) return nothing;
  return html`<tfx-thumbnail .dashboard=${dashboard} .hash=${hash} .side=${side}></tfx-thumbnail>`;
}

interface Found {
  readonly record: Thumbnails;
  readonly at: number;
}

/** Of any run: equal hashes are equal rows. */
function find(dashboard: Dashboard, hash: string): Found | undefined {
  for (const record of recordsIn(dashboard)) {
    const at = placesOf(record).get(hash);
    if (at !== undefined) return { record, at };
  }
  return undefined;
}

function recordsIn({ scene, store }: Dashboard): Thumbnails[] {
  return scene.shown.flatMap(({ predictions }) => {
    const series = predictions && store.get(predictions.run, "thumbnails");
    return recordsOf(series, "thumbnails").slice(-1);
  });
}

const placesOf = memo(
  ({ hashes }: Thumbnails): ReadonlyMap<string, number> =>
    new Map(hashes.map((hash, at) => [hash, at])),
);

let sheets = 0;

/** A number that no input's picture has. */
const pictureOf = memo(({ sheet, columns, hashes, width, height }: Thumbnails): Picture => {
  sheets++;
  const down = Math.ceil(hashes.length / columns);
  return { id: -sheets, bytes: sheet, width: columns * width, height: down * height };
});

export class ThumbnailPicture extends PaintedPart {
  static override properties: PropertyDeclarations = {
    hash: { attribute: false },
    side: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        vertical-align: middle;
      }
      canvas {
        display: block;
      }
    `,
  ];
  declare hash: string;
  declare side: number;

  override render() {
    const { width, height } = this.size;
    const style = `width: ${width}px; height: ${height}px`;
    return html`<canvas role="img" aria-label="Input" style=${style}></canvas>`;
  }

  /** Also before it is painted: none out of sight is. */
  private get size(): Size {
    const { width = 1, height = 1 } = find(this.dashboard, this.hash)?.record ?? {};
    const by = this.side / Math.max(width, height);
    return { width: Math.round(by * width), height: Math.round(by * height) };
  }

  paint(): void {
    const found = find(this.dashboard, this.hash);
    const pixels = found && this.pixels(found.record);
    if (!this.isNew(pixels, this.hash, this.side)) return;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas || !found) return;
    const { columns, width, height } = found.record;
    const { size } = this;
    const context = sharpContext(canvas, size.width, size.height);
    if (!context || !pixels) return;
    const share = pixels.part.width / pixels.width;
    const [x, y] = [(found.at % columns) * width, Math.floor(found.at / columns) * height];
    const part = { x: x * share, y: y * share, width: width * share, height: height * share };
    drawPicture(context, { ...pixels, part }, { x: 0, y: 0, ...size });
  }

  private pixels(record: Thumbnails): Pixels | undefined {
    const picture = pictureOf(record);
    return this.dashboard.store.bitmaps.get(picture, Math.max(picture.width, picture.height));
  }
}

define("tfx-thumbnail", ThumbnailPicture);
