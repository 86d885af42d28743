/** Attention enlarged: its heads, one of them large, and what one token attends to. */

import { css, html, nothing } from "lit";
import { MOVES, moveInPlane } from "../../analysis/cursor.ts";
import { withEpoch } from "../../analysis/epochs.ts";
import { attentionText, tokenName } from "../../analysis/map-text.ts";
import { patchesOf } from "../../analysis/patches.ts";
import type { Pixels } from "../../data/bitmaps.ts";
import { type Known, knownAt, partsOf } from "../../data/series.ts";
import { sharpContext } from "../../draw/canvas.ts";
import { drawFigure } from "../../draw/figure.ts";
import { drawHeads, headPlane } from "../../draw/heads.ts";
import { colouringOf, isCoarse } from "../../draw/map-layers.ts";
import { drawMatrix, matrixSize } from "../../draw/matrix.ts";
import { PLATE_PALETTE, paletteOf } from "../../draw/palette.ts";
import type { Plane } from "../../draw/plane.ts";
import { type Sheet, sheetWithin, tileAt } from "../../draw/sheet.ts";
import { textHeight } from "../../draw/words.ts";
import { type AttentionMatrix, asMap } from "../../format/maps.ts";
import { define, PaintedPart, setText } from "../frame/part.ts";
import { base } from "../frame/styles.ts";
import { readoutText } from "./map-cell.ts";
import {
  type CellAddress,
  drawnScale,
  inputValuesOf,
  partOf,
  pictureOf,
  wordsOf,
} from "./map-figure.ts";

export const ATTENTION_HELP =
  "Point at the matrix to read values; click a row, or use the arrow keys, to choose whose attention is shown beside it.";
const TILE = 64;
const SHEET_WIDTH = 520;
const TEXT_WIDTH = 300;
const PICTURE = 240;

export class AttentionView extends PaintedPart {
  static override properties = { cell: { attribute: false }, side: { type: Number } };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 10px;
        justify-items: start;
      }
      canvas {
        display: block;
        max-width: none;
      }
      .both {
        display: flex;
        flex-wrap: wrap;
        gap: 10px 20px;
      }
      .attended {
        padding-top: 34px;
      }
      .from {
        margin-bottom: 6px;
      }
      .heads {
        cursor: pointer;
      }
      .matrix {
        cursor: crosshair;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
      }
      .readout {
        min-height: 18px;
      }
    `,
  ];
  declare cell: CellAddress;
  declare side: number;

  private sheet: Sheet = sheetWithin(1, TILE, SHEET_WIDTH);
  private positionAt: (x: number, y: number) => number = () => -1;
  private plane: Plane | undefined;
  private cursor = -1;
  private query = 0;

  override render() {
    const several = (this.known.record?.heads.length ?? 1) > 1;
    return html`
      ${
        several
          ? html`<canvas
            class="heads"
            tabindex="0"
            role="application"
            aria-label="Heads: click one, or use ← →, to choose it"
            @click=${this.pickHead}
            @keydown=${this.steerHead}
          ></canvas>`
          : nothing
      }
      <div class="both"><div>
      <canvas
        class="matrix"
        tabindex="0"
        role="application"
        aria-label=${ATTENTION_HELP}
        @pointermove=${this.point}
        @click=${this.pick}
        @keydown=${this.steer}
      ></canvas>
      <p class="readout muted" role="status"></p></div><div class="attended">
      <h3 class="from"></h3>
      <canvas class="row" role="img" aria-label="What the chosen token attends to"></canvas>
      </div></div>
    `;
  }

  paint(): void {
    const { known } = this;
    const { record } = known;
    const picture = pictureOf(this.dashboard, this.cell, PICTURE);
    const { revision } = this.dashboard;
    if (!this.isNew(...partsOf(known), picture, revision, this.cursor, this.query)) return;
    if (!record) return;
    if (record.heads.length > 1 !== !!this.find(".heads")) this.requestUpdate();
    this.draw(record, picture);
  }

  private get known(): Known<AttentionMatrix> {
    const { store, step } = this.dashboard;
    const { run, column, sample } = this.cell;
    return knownAt(store.get(run.id, column.group, sample), "matrix", step);
  }

  private draw(matrix: AttentionMatrix, picture: Pixels | undefined): void {
    const { dashboard, cell } = this;
    const { view } = dashboard;
    const palette = paletteOf(this);
    const { limit } = drawnScale(dashboard, cell, asMap(matrix));
    const colouring = colouringOf(view, cell.column.signed, limit);
    const chosen = partOf(dashboard, cell.column, matrix.heads.length);
    this.sheet = sheetWithin(matrix.heads.length, TILE, SHEET_WIDTH);
    const heads = this.contextOf(".heads", this.sheet.width, this.sheet.height);
    if (heads) drawHeads(heads, this.sheet, { matrix, colouring, chosen, palette });
    this.plane = headPlane(matrix, chosen);
    this.query = Math.min(this.query, matrix.height - 1);
    const rect = matrixSize(this.plane, this.side);
    const context = this.contextOf(".matrix", rect.x + rect.width + 40, rect.y + rect.height + 2);
    const [rows, columns] = [this.names(matrix.height), this.names(matrix.width)];
    if (context) {
      const look = { plane: this.plane, colouring, rows, columns, query: this.query };
      this.positionAt = drawMatrix(context, rect, { ...look, marked: this.cursor, palette });
    }
    this.tell(matrix, chosen);
    this.drawRow(this.plane, limit, picture);
  }

  private tell(matrix: AttentionMatrix, chosen: number): void {
    const { plane, cursor, dashboard, cell } = this;
    const words = wordsOf(dashboard, cell);
    const head = matrix.heads[chosen] ?? 0;
    const where = attentionText(words, matrix.width, cursor, head);
    const text = cursor < 0 || !plane ? "" : readoutText(plane, cursor, cell.column.unit, where);
    setText(this.find(".readout"), text ? withEpoch(text, this.known) : "–");
    const from = tokenName(words, matrix.height, this.query);
    const told = `What ${from} attends to, head ${head}`;
    setText(this.find(".from"), withEpoch(told, this.known));
  }

  /** The chosen row over the words, or over the picture whose patches the tokens are. */
  private drawRow(plane: Plane, limit: number, picture: Pixels | undefined): void {
    const { dashboard, cell } = this;
    const { width } = plane;
    const data = plane.data.subarray(this.query * width, (this.query + 1) * width);
    const row: Plane = { data, width, height: 1, scale: plane.scale };
    const patches = picture && patchesOf(width, picture.width, picture.height);
    const words = wordsOf(dashboard, cell);
    const canvas = this.find<HTMLCanvasElement>(".row");
    const plain = canvas?.getContext("2d");
    if (!canvas || !plain) return;
    const isText = !patches && words.length === width;
    const height = isText ? textHeight(plain, words, TEXT_WIDTH) : patches ? PICTURE : 48;
    const size = { width: patches ? PICTURE : TEXT_WIDTH, height };
    const context = sharpContext(canvas, size.width, size.height);
    const patchPlane = patches && {
      ...row,
      data: data.subarray(patches.before),
      width: patches.columns,
      height: patches.rows,
    };
    const smooth = isCoarse(cell.column, picture, patchPlane);
    if (!context) return;
    drawFigure(
      context,
      { x: 0, y: 0, ...size },
      {
        layout: isText ? "tokens" : "plane",
        plane: patchPlane ?? row,
        picture: patches ? picture : undefined,
        input: inputValuesOf(dashboard, cell),
        colouring: colouringOf(dashboard.view, cell.column.signed, limit, smooth),
        marked: -1,
        order: [],
        channel: undefined,
        large: true,
        palette: PLATE_PALETTE,
      },
    );
  }

  private names(count: number): string[] {
    const words = wordsOf(this.dashboard, this.cell);
    const own = words.length === count ? words : undefined;
    return Array.from({ length: count }, (_, i) => own?.[i] ?? `${i}`);
  }

  private contextOf(selector: string, width: number, height: number) {
    const canvas = this.find<HTMLCanvasElement>(selector);
    return canvas && sharpContext(canvas, width, height);
  }

  // ----------------------------------------------------------------- cursor

  private point(event: PointerEvent): void {
    this.cursor = this.positionAt(event.offsetX, event.offsetY);
    this.dashboard.stage.invalidate();
  }

  private pick(event: MouseEvent): void {
    this.take(this.positionAt(event.offsetX, event.offsetY));
  }

  private take(index: number): void {
    if (index < 0 || !this.plane) return;
    this.cursor = index;
    this.query = Math.floor(index / this.plane.width);
    this.dashboard.stage.invalidate();
  }

  private steer(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    if (!move || !this.plane) return;
    event.preventDefault();
    event.stopPropagation();
    this.take(moveInPlane(this.cursor, move, this.plane));
  }

  private pickHead(event: MouseEvent): void {
    const count = this.known.record?.heads.length ?? 0;
    this.chooseHead(tileAt(this.sheet, count, event.offsetX, event.offsetY));
  }

  private steerHead(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const count = this.known.record?.heads.length ?? 0;
    const from = partOf(this.dashboard, this.cell.column, count);
    this.chooseHead(from + move[0] + move[1] * this.sheet.columns);
  }

  private chooseHead(head: number): void {
    if (head >= 0 && head < (this.known.record?.heads.length ?? 0)) this.dashboard.update({ head });
  }
}

define("tfx-attention-view", AttentionView);
