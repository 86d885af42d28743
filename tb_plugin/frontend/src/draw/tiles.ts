/** Channels as a sheet of small maps, each with its number, and its share or its scale. */

import { MOST_TILES, shareTexts } from "../analysis/channel-shares.ts";
import { type ChannelState, stateOf, stateWord } from "../analysis/channels.ts";
import { short } from "../analysis/numbers.ts";
import type { Kernel } from "../format/compressed.ts";
import type { Channels } from "../format/records.ts";
import type { Column } from "../state/columns.ts";
import type { Scene } from "../state/scene.ts";
import type { View } from "../state/view.ts";
import { drawMap, drawPlate, fit, type Rect, sharpContext } from "./canvas.ts";
import { CAPTION, caption } from "./caption.ts";
import { channelPlane, colouringOf } from "./map-layers.ts";
import type { Palette } from "./palette.ts";
import { colourEach } from "./plane.ts";

const GAP = 6;

export interface Sheet {
  readonly columns: number;
  readonly tile: number;
  readonly width: number;
  readonly height: number;
}

/** Few tiles are as large as leaves room for number and share below each. */
const FEW = { tiles: MOST_TILES, rows: 2 } as const;
const ROWS = 3;
const FACTS = 50;

/** Two or three rows of tiles, as high as a map of `size` with its numbers below it. */
export function sheetOf(count: number, size: number): Sheet {
  const rows = count <= FEW.tiles ? FEW.rows : ROWS;
  const tile = Math.floor((size + FACTS - (rows - 1) * GAP) / rows) - CAPTION;
  return layout(Math.max(1, Math.ceil(count / rows)), count, tile);
}

/** Tiles in a square, as large as a map of `size` with its numbers below it has room for. */
export function squareSheet(count: number, size: number): Sheet {
  const columns = Math.ceil(Math.sqrt(Math.max(count, 1)));
  const rows = Math.ceil(count / columns) || 1;
  return layout(columns, count, Math.floor((size + FACTS - (rows - 1) * GAP) / rows) - CAPTION);
}

/** As many columns of `tile` as `width` holds. */
export function sheetWithin(count: number, tile: number, width: number): Sheet {
  return layout(Math.max(1, Math.floor((width + GAP) / (tile + GAP))), count, tile);
}

function layout(columns: number, count: number, tile: number): Sheet {
  const rows = Math.ceil(count / columns) || 1;
  return {
    columns,
    tile,
    width: Math.min(columns, count || 1) * (tile + GAP) - GAP,
    height: rows * (tile + CAPTION + GAP) - GAP,
  };
}

export function tileRect({ columns, tile }: Sheet, index: number): Rect {
  const [x, y] = [index % columns, Math.floor(index / columns)];
  return { x: x * (tile + GAP), y: y * (tile + CAPTION + GAP), width: tile, height: tile };
}

/** Which tile lies under a point, -1 for none. */
export function tileAt(sheet: Sheet, count: number, x: number, y: number): number {
  for (let i = 0; i < count; i++) {
    const rect = tileRect(sheet, i);
    if (x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height) return i;
  }
  return -1;
}

export interface Tiles {
  readonly record: Channels;
  /** The channels of the tiles, by number. */
  readonly order: readonly number[];
  /** The records of earlier epochs: what channels were before they were pruned. */
  readonly earlier: readonly Channels[];
  /** Whose outputs the channels are, where it is known. */
  readonly kernel: Kernel | undefined;
  readonly column: Column;
  readonly sample: number;
  readonly scene: Scene;
  readonly view: View;
  /** Which slice of a volume's channels; 0 for others. */
  readonly slice: number;
  /** Which tile to frame, -1 for none. */
  readonly chosen: number;
}

/** Text drawn outside of the document needs no styles; inside, each would be asked for anew. */
const scratch = document.createElement("canvas");

/** Draw a sheet out of sight, then at once where it is seen. */
export function drawSheet(
  context: CanvasRenderingContext2D,
  sheet: Sheet,
  what: Tiles,
  palette: Palette,
): void {
  const { width, height } = sheet;
  const hidden = sharpContext(scratch, width, height);
  if (!hidden) return;
  drawTiles(hidden, sheet, what, palette);
  context.clearRect(0, 0, width, height);
  context.drawImage(scratch, 0, 0, width, height);
}

function drawTiles(
  context: CanvasRenderingContext2D,
  sheet: Sheet,
  tiles: Tiles,
  palette: Palette,
): void {
  const { record, order, earlier, kernel, chosen } = tiles;
  context.clearRect(0, 0, sheet.width, sheet.height);
  context.font = "10.5px Roboto, system-ui, sans-serif";
  drawChannels(context, sheet, tiles);
  for (const [i, channel] of order.entries()) {
    const box = tileRect(sheet, i);
    const place = record.channels.indexOf(channel);
    const state = stateOf(record, channel, kernel, earlier);
    if (place < 0) hatch(context, box, palette);
    edge(context, box, palette);
    if (state.pruned) stripe(context, box, palette);
    else if (state.dead) cross(context, box, palette);
    if (state.was > 0) label(context, box, state.was, palette);
    if (i === chosen) frame(context, box, palette);
    caption(context, box, `${channel}`, valuesOf(record, channel, place, state), palette);
  }
}

/** The maps of the channels that a record holds, each in its tile. */
function drawChannels(
  context: CanvasRenderingContext2D,
  sheet: Sheet,
  { record, order, column, sample, scene, view, slice }: Tiles,
): void {
  const held = [...order.entries()].flatMap(([i, channel]) => {
    const [place, box] = [record.channels.indexOf(channel), tileRect(sheet, i)];
    return place < 0 ? [] : [{ box, channel, plane: channelPlane(record, place, slice) }];
  });
  const hows = held.map(({ channel, plane }) => {
    const limit = scene.scales.channel(view, column, sample, channel, plane.scale);
    return colouringOf(view, column.signed, limit);
  });
  const planes = held.map(({ plane }) => plane);
  colourEach(planes, hows, (coloured, i) => {
    const box = held[i]?.box;
    if (!box) return;
    drawPlate(context, box);
    const rect = fit(record.width, record.height, box);
    drawMap(context, coloured, record, rect, hows[i]?.smooth ?? false);
  });
}

/** What stands beside a tile's number, the longest text first. */
function valuesOf(
  { shares, scales }: Channels,
  channel: number,
  place: number,
  state: ChannelState,
): readonly string[] {
  const word = stateWord(state);
  if (word) return [word];
  const share = shares?.[channel];
  if (share !== undefined) return shareTexts(share);
  const size = scales[place];
  return size === undefined ? [] : [short(size), short(size, 2), short(size, 1)];
}

/** What neither a dead nor a pruned channel shows is faint behind its mark. */
function veil(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  context.globalAlpha = 0.85;
  context.fillStyle = palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.globalAlpha = 1;
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** A pruned channel is struck through all over: told apart from a dead one without colour. */
function stripe(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  veil(context, box, palette);
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.strokeStyle = palette.muted;
  context.lineWidth = 2;
  context.beginPath();
  for (let x = -box.height; x < box.width; x += 9) {
    context.moveTo(box.x + x, box.y + box.height);
    context.lineTo(box.x + x + box.height, box.y);
  }
  context.stroke();
  context.restore();
}

/** A map that was not logged is no map of zeros: thin lines where there would be one. */
function hatch(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  context.fillStyle = palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.strokeStyle = palette.muted;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = 0; x < box.width + box.height; x += 5) {
    context.moveTo(box.x + x, box.y);
    context.lineTo(box.x + x - box.height, box.y + box.height);
  }
  context.stroke();
  context.restore();
  write(context, box, ["not logged at this epoch", "not logged", "no map"], palette);
}

/** A mark on a tile whose channel mattered before: framed, with what it was. */
function label(context: CanvasRenderingContext2D, box: Rect, was: number, palette: Palette): void {
  const shares = shareTexts(was);
  write(context, box, [...shares.map((share) => `was ${share}`), ...shares], palette);
  context.strokeStyle = palette.text;
  context.lineWidth = 1.5;
  context.strokeRect(box.x + 0.75, box.y + 0.75, box.width - 1.5, box.height - 1.5);
}

/** The longest text that a tile has room for, across its middle. */
function write(
  context: CanvasRenderingContext2D,
  box: Rect,
  texts: readonly string[],
  palette: Palette,
): void {
  const shown = texts.find((text) => context.measureText(text).width <= box.width - 4);
  if (shown === undefined) return;
  const y = box.y + box.height / 2;
  context.fillStyle = palette.card;
  context.fillRect(box.x + 1, y - 8, box.width - 2, 16);
  context.fillStyle = palette.text;
  context.textAlign = "center";
  context.fillText(shown, box.x + box.width / 2, y + 4);
}

/** Where a tile ends, on pages as dark as it is. */
function edge(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** A dead channel is crossed out. */
function cross(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  veil(context, box, palette);
  context.beginPath();
  context.moveTo(box.x, box.y);
  context.lineTo(box.x + box.width, box.y + box.height);
  context.moveTo(box.x + box.width, box.y);
  context.lineTo(box.x, box.y + box.height);
  context.stroke();
}

function frame(context: CanvasRenderingContext2D, box: Rect, palette: Palette): void {
  context.strokeStyle = palette.accent;
  context.lineWidth = 3;
  context.strokeRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3);
}
