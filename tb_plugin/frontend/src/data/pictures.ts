/** The input pictures fetched so far: equal ones of several runs are held once. */

import type { SentPicture } from "./api.ts";
import { key } from "./key.ts";
import { messageOf } from "./series.ts";

/** A picture of the validation batch: `bytes` tell whether two runs explain the same one. */
export interface Picture {
  readonly image: ImageBitmap;
  readonly bytes: Uint8Array;
}

interface Album {
  readonly run: string;
  readonly version: string;
  readonly pictures: Map<number, Picture>;
}

const HELD_BYTES = 64 << 20;

export class Pictures {
  /** What could not be shown, and why. */
  readonly errors = new Map<string, string>();
  /** By run and input, the longest unused first. */
  private readonly albums = new Map<string, Album>();

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

  async keep(run: string, input: string, { sample, data }: SentPicture): Promise<void> {
    const id = key(run, input, String(sample));
    try {
      if (typeof data === "string") throw new Error(data);
      const read = this.twin(input, sample, data) ?? (await readPicture(data));
      // Another run's may have come while this one was read.
      const picture = this.twin(input, sample, data) ?? read;
      this.albums.get(key(run, input))?.pictures.set(sample, picture);
      this.errors.delete(id);
    } catch (error) {
      this.errors.set(id, `picture of sample ${sample}: ${messageOf(error)}`);
    }
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
    for (const { image, bytes } of all) total += 4 * image.width * image.height + bytes.length;
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

async function readPicture(data: Uint8Array): Promise<Picture> {
  const bytes = data.slice();
  return { image: await createImageBitmap(new Blob([bytes], { type: "image/png" })), bytes };
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
