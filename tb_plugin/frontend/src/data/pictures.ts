/** The input pictures fetched so far, as they came: equal ones of several runs are held once. */

import type { SentPicture } from "./api.ts";
import { key } from "./listing.ts";
import { checkSum, type Size, sizeOfPng } from "./png.ts";
import { messageOf } from "./series.ts";

/** A picture of the validation batch: `bytes` tell whether two runs explain the same one. */
export interface Picture extends Size {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PictureError {
  readonly run: string;
  readonly sample: number;
  readonly why: string;
}

interface Album {
  readonly run: string;
  readonly version: string;
  readonly pictures: Map<number, Picture>;
}

const HELD_BYTES = 64 << 20;

export class Pictures {
  /** What could not be shown, and why. */
  readonly errors = new Map<string, PictureError>();
  /** By run and input, the longest unused first. */
  private readonly albums = new Map<string, Album>();
  private count = 0;

  get(run: string, input: string, sample: number): Picture | undefined {
    return this.albums.get(key(run, input))?.pictures.get(sample);
  }

  /** Whether these were fetched, or are about to be; they count as used from now on. */
  has(run: string, input: string, version: string): boolean {
    const id = key(run, input);
    const album = this.albums.get(id);
    if (album?.version !== version) return false;
    this.albums.delete(id);
    this.albums.set(id, album);
    return true;
  }

  /** What is there stays until the new ones came. */
  expect(run: string, input: string, version: string): void {
    const pictures = this.albums.get(key(run, input))?.pictures ?? new Map();
    this.albums.set(key(run, input), { run, version, pictures });
  }

  forget(run: string, input: string): void {
    this.albums.delete(key(run, input));
  }

  /** Keep what was sent of an input, as far as the page can decode it. */
  keep(run: string, input: string, sent: readonly SentPicture[]): void {
    let area = 0;
    for (const { sample, data } of sent) {
      const id = key(run, input, String(sample));
      try {
        if (typeof data === "string") throw new Error(data);
        const size = sizeOfPng(data);
        area += size.width * size.height;
        checkSum(area);
        const picture = this.twin(input, sample, data) ?? this.make(data, size);
        this.albums.get(key(run, input))?.pictures.set(sample, picture);
        this.errors.delete(id);
      } catch (error) {
        this.errors.set(id, { run, sample, why: messageOf(error) });
      }
    }
  }

  private make(data: Uint8Array, size: Size): Picture {
    // A copy, or the whole answer would be held for it.
    return { id: this.count++, bytes: data.slice(), ...size };
  }

  /** A picture whose header is sound cannot be decoded: whoever shows it says so. */
  fail(failed: Picture, why: unknown): void {
    for (const [id, { run, pictures }] of this.albums) {
      for (const [sample, picture] of pictures) {
        if (picture !== failed) continue;
        this.errors.set(`${id}\n${sample}`, { run, sample, why: messageOf(why) });
      }
    }
  }

  /** Whether it was sent, and refused. */
  isRefused(run: string, input: string, sample: number): boolean {
    return this.errors.has(key(run, input, String(sample)));
  }

  /** Drop those of runs that are not shown, the longest unused first, until the rest fits. */
  evict(shown: readonly string[]): void {
    for (const [id, { run }] of [...this.albums]) {
      if (this.size <= HELD_BYTES) return;
      if (!shown.includes(run)) this.albums.delete(id);
    }
  }

  private get size(): number {
    const all = new Set(
      [...this.albums.values()].flatMap(({ pictures }) => [...pictures.values()]),
    );
    let total = 0;
    for (const { bytes } of all) total += bytes.length;
    return total;
  }

  private twin(input: string, sample: number, data: Uint8Array): Picture | undefined {
    for (const { run } of this.albums.values()) {
      const picture = this.get(run, input, sample);
      if (picture && areEqual(picture.bytes, data)) return picture;
    }
    return undefined;
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
