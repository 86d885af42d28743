/** Channels as a sheet of small maps, each with its number, and its share or its scale. */

import { shareTexts } from "../analysis/channel-shares.ts";
import type { ChannelState } from "../analysis/channels.ts";
import {
  type Context2D,
  drawMap,
  drawPlate,
  fit,
  IN_MEMORY,
  isRecording,
  type Rect,
} from "./canvas.ts";
import { caption } from "./caption.ts";
import type { Palette } from "./palette.ts";
import { type Colouring, colourEach, type Plane } from "./plane.ts";
import { type Sheet, tileRect } from "./sheet.ts";

/** One channel: its map where there is one, and what is said of it. */
export interface Tile {
  readonly channel: number;
  readonly plane: Plane | undefined;
  readonly colouring: Colouring | undefined;
  readonly state: ChannelState;
  /** What stands beside its number, the longest text first. */
  readonly values: readonly string[];
}

export interface Tiles {
  readonly sheet: Sheet;
  readonly tiles: readonly Tile[];
  /** Which tile to frame, -1 for none. */
  readonly chosen: number;
  readonly palette: Palette;
}

/** Text drawn outside of the document needs no styles; inside, each would be asked for anew. */
let scratch: OffscreenCanvas | undefined;

/** Draw a sheet out of sight, then at once where it is seen. */
export function drawTiles(context: Context2D, tiles: Tiles): void {
  if (isRecording()) {
    drawSheet(context, tiles);
    return;
  }
  const { width, height } = tiles.sheet;
  const ratio = context.getTransform().a;
  scratch ??= new OffscreenCanvas(1, 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (scratch.width !== w) scratch.width = w;
  if (scratch.height !== h) scratch.height = h;
  const hidden = scratch.getContext("2d", IN_MEMORY);
  if (!hidden) return;
  hidden.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawSheet(hidden, tiles);
  context.clearRect(0, 0, width, height);
  context.drawImage(scratch, 0, 0, width, height);
}

function drawSheet(context: Context2D, { sheet, tiles, chosen, palette }: Tiles): void {
  context.clearRect(0, 0, sheet.width, sheet.height);
  context.font = "10.5px Roboto, system-ui, sans-serif";
  drawChannels(context, sheet, tiles);
  for (const [i, { channel, plane, state, values }] of tiles.entries()) {
    const box = tileRect(sheet, i);
    if (!plane) hatch(context, box, palette);
    edge(context, box, palette);
    if (state.pruned) stripe(context, box, palette);
    else if (state.dead) cross(context, box, palette);
    if (state.was > 0) label(context, box, state.was, palette);
    if (i === chosen) frame(context, box, palette);
    caption(context, box, `${channel}`, values, palette);
  }
}

/** The maps of the channels that are there, each in its tile. */
function drawChannels(context: Context2D, sheet: Sheet, tiles: readonly Tile[]): void {
  const held = tiles.flatMap(({ plane, colouring }, i) =>
    plane && colouring ? [{ box: tileRect(sheet, i), plane, colouring }] : [],
  );
  const planes = held.map(({ plane }) => plane);
  const colourings = held.map(({ colouring }) => colouring);
  colourEach(planes, colourings, (coloured, i) => {
    const one = held[i];
    if (!one) return;
    const { box, plane, colouring } = one;
    drawPlate(context, box);
    const rect = fit(plane.width, plane.height, box);
    drawMap(context, coloured, plane, rect, colouring.smooth);
  });
}

/** What neither a dead nor a pruned channel shows is faint behind its mark. */
function veil(context: Context2D, box: Rect, palette: Palette): void {
  context.globalAlpha = 0.85;
  context.fillStyle = palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.globalAlpha = 1;
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** A pruned channel is struck through all over: told apart from a dead one without colour. */
function stripe(context: Context2D, box: Rect, palette: Palette): void {
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
function hatch(context: Context2D, box: Rect, palette: Palette): void {
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
function label(context: Context2D, box: Rect, was: number, palette: Palette): void {
  const shares = shareTexts(was);
  write(context, box, [...shares.map((share) => `was ${share}`), ...shares], palette);
  context.strokeStyle = palette.text;
  context.lineWidth = 1.5;
  context.strokeRect(box.x + 0.75, box.y + 0.75, box.width - 1.5, box.height - 1.5);
}

/** The longest text that a tile has room for, across its middle. */
function write(context: Context2D, box: Rect, texts: readonly string[], palette: Palette): void {
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
function edge(context: Context2D, box: Rect, palette: Palette): void {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
}

/** A dead channel is crossed out. */
function cross(context: Context2D, box: Rect, palette: Palette): void {
  veil(context, box, palette);
  context.beginPath();
  context.moveTo(box.x, box.y);
  context.lineTo(box.x + box.width, box.y + box.height);
  context.moveTo(box.x + box.width, box.y);
  context.lineTo(box.x, box.y + box.height);
  context.stroke();
}

function frame(context: Context2D, box: Rect, palette: Palette): void {
  context.strokeStyle = palette.accent;
  context.lineWidth = 3;
  context.strokeRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3);
}
