/** Decoded pictures: no larger than they are shown, and held only while they are in sight. */

import { MAX_AREA } from "../tables.ts";
import type { Picture } from "./pictures.ts";
import { decodedSize, type Size } from "./png.ts";

/** Pixels to draw, and the size of the picture that they are of. */
export interface Pixels extends Size {
  readonly bitmap: ImageBitmap;
  /** The part of the bitmap to draw. */
  readonly part: { readonly x: number; readonly y: number } & Size;
}

interface Held {
  readonly picture: Picture;
  readonly size: Size;
  readonly pixels: Pixels;
  /** The last round of painting that drew it. */
  round: number;
}

const HELD_BYTES = 64 << 20;
/** What nobody came back to is no longer in sight. */
const MOST_WAITING = 64;
const EVICT_DELAY = 400;

interface Wanted {
  readonly picture: Picture;
  readonly size: Size;
}

export class Bitmaps {
  /** By picture and size, the longest unused first. */
  private readonly held = new Map<string, Held>();
  private readonly waiting = new Map<string, Wanted>();
  private readonly failed = new WeakSet<Picture>();
  private readonly decoding = new Map<string, Wanted>();
  private round = 0;
  private evicting = 0;
  private readonly onReady: () => void;
  private readonly onFailure: (picture: Picture, error: unknown) => void;

  constructor(onReady: () => void, onFailure: (picture: Picture, error: unknown) => void) {
    this.onReady = onReady;
    this.onFailure = onFailure;
  }

  /** A round of painting begins: what it does not ask for is out of sight. */
  begin(): void {
    this.round++;
  }

  /** A picture's pixels for `side` device pixels, or what there is of it until these are decoded. */
  get(picture: Picture, side: number): Pixels | undefined {
    const size = decodedSize(picture, side);
    const id = idOf(picture, size);
    const held = this.held.get(id);
    if (held) {
      held.round = this.round;
      this.held.delete(id);
      this.held.set(id, held);
      return held.pixels;
    }
    if (!this.failed.has(picture) && !this.decoding.has(id)) {
      this.waiting.delete(id);
      this.waiting.set(id, { picture, size });
      if (this.waiting.size > MOST_WAITING) this.waiting.delete(first(this.waiting));
      this.decode();
    }
    const other = [...this.held.values()].findLast((one) => one.picture === picture);
    if (other) other.round = this.round;
    return other?.pixels;
  }

  /** What was asked for last is decoded first; large pictures one after another. */
  private decode(): void {
    for (const [id, wanted] of [...this.waiting].reverse()) {
      const areas = [...this.decoding.values(), wanted].map(({ picture }) => areaOf(picture));
      const area = areas.reduce((a, b) => a + b, 0);
      if (this.decoding.size > 0 && area > MAX_AREA) return;
      this.waiting.delete(id);
      this.decoding.set(id, wanted);
      void this.read(id, wanted);
    }
  }

  private async read(id: string, { picture, size }: Wanted): Promise<void> {
    try {
      const { width, height } = picture;
      const file = new Blob([picture.bytes], { type: "image/png" });
      const bitmap = await createImageBitmap(file, width === size.width ? {} : shrunk(size));
      const pixels = { bitmap, part: { x: 0, y: 0, ...size }, width, height };
      this.held.set(id, { picture, size, pixels, round: this.round });
    } catch (error) {
      this.failed.add(picture);
      this.onFailure(picture, error);
    }
    this.decoding.delete(id);
    this.decode();
    this.onReady();
    // Not at once: what is in sight has to be painted first, to be told from what is not.
    this.evicting ||= window.setTimeout(() => this.evict(), EVICT_DELAY);
  }

  private evict(): void {
    this.evicting = 0;
    let total = 0;
    for (const { size } of this.held.values()) total += 4 * areaOf(size);
    for (const [id, { size, pixels, round }] of [...this.held]) {
      if (total <= HELD_BYTES) return;
      if (round === this.round) continue;
      this.held.delete(id);
      pixels.bitmap.close();
      total -= 4 * areaOf(size);
    }
  }
}

function shrunk({ width, height }: Size): ImageBitmapOptions {
  return { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" };
}

function idOf({ id }: Picture, { width, height }: Size): string {
  return `${id} ${width} ${height}`;
}

function areaOf({ width, height }: Size): number {
  return width * height;
}

function first<K>(map: ReadonlyMap<K, unknown>): K {
  return map.keys().next().value as K;
}
