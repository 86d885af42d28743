/** Everything fetched so far. Only what is shown is fetched, and only what changed is fetched again. */

import { fetchInputs, fetchListing, fetchSeries } from "./api.ts";
import type { Group, Listing, Run } from "./listing.ts";
import { messageOf, readSeries, type Series } from "./series.ts";

/** A picture of the validation batch: `bytes` tell whether two runs explain the same one. */
export interface Picture {
  readonly image: ImageBitmap;
  readonly bytes: Uint8Array;
}

/** What the page wants to show of one group of a run; no samples: the whole group. */
export interface Want {
  readonly run: string;
  readonly group: Group;
  readonly samples: readonly number[];
}

interface Held {
  readonly series: Series;
  readonly stamp: string;
  readonly order: number;
}

const MAX_GROUPS = 32;
const REQUEST_BYTES = 48 << 20;
const HELD_BYTES = 512 << 20;

export class Store {
  listing: Listing | undefined;
  /** Why the last thing could not be fetched. */
  failure = "";
  readonly pictureErrors = new Map<string, string>();
  private readonly held = new Map<string, Held>();
  private readonly pictures = new Map<string, Picture>();
  private readonly inFlight = new Set<string>();
  private readonly requestedPictures = new Set<string>();
  private readonly onChange: () => void;
  private count = 0;

  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  get busy(): boolean {
    return this.inFlight.size > 0;
  }

  get(run: string, group: string, sample = -1): Series | undefined {
    return this.held.get(key(run, group, String(sample)))?.series;
  }

  picture(run: string, input: string, sample: number): Picture | undefined {
    return this.pictures.get(key(run, input, String(sample)));
  }

  async refresh(): Promise<void> {
    await this.guarded("listing", async () => {
      this.listing = await fetchListing();
      this.failure = "";
    });
  }

  /** Fetch what is missing or has grown; answers when all of it is there. */
  async ensure(wants: readonly Want[]): Promise<void> {
    const open = wants.filter((want) => this.isOpen(want));
    const runs = [...new Set(open.map((want) => want.run))];
    await Promise.all(
      runs.map(async (run) => {
        for (const batch of batches(open.filter((want) => want.run === run))) {
          await this.load(run, batch);
        }
      }),
    );
    if (open.length > 0) this.evict(wants);
  }

  async ensurePictures(run: Run): Promise<void> {
    for (const { name, version } of run.inputs) {
      const id = key(run.run, name, version);
      if (this.requestedPictures.has(id)) continue;
      this.requestedPictures.add(id);
      const came = await this.guarded(id, async () => {
        for (const { sample, data } of await fetchInputs(run.run, name, version)) {
          await this.keepPicture(run.run, name, sample, data);
        }
      });
      if (!came) this.requestedPictures.delete(id);
    }
  }

  private async keepPicture(
    run: string,
    name: string,
    sample: number,
    data: Uint8Array | string,
  ): Promise<void> {
    const id = key(run, name, String(sample));
    try {
      if (typeof data === "string") throw new Error(data);
      const bytes = data.slice();
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      this.pictures.set(id, { image, bytes });
      this.pictureErrors.delete(id);
    } catch (error) {
      this.pictureErrors.set(id, `picture of sample ${sample}: ${messageOf(error)}`);
    }
  }

  private isOpen({ run, group, samples }: Want): boolean {
    const all = group.samples.length > 0 ? group.samples : [-1];
    return (samples.length > 0 ? samples : all).some((sample) => {
      const id = key(run, group.group, String(sample));
      return this.held.get(id)?.stamp !== group.stamp && !this.inFlight.has(id + group.stamp);
    });
  }

  private async load(run: string, batch: readonly Want[]): Promise<void> {
    const ids = batch.flatMap(({ group, samples }) =>
      (samples.length > 0 ? samples : [-1, ...group.samples]).map(
        (sample) => key(run, group.group, String(sample)) + group.stamp,
      ),
    );
    for (const id of ids) this.inFlight.add(id);
    const groups = new Map(batch.map(({ group }) => [group.group, group]));
    await this.guarded(`series ${run}`, async () => {
      const sent = await fetchSeries(run, [...groups.keys()], batch[0]?.samples ?? []);
      for (const series of sent) {
        const group = groups.get(series.group);
        if (!group) continue;
        this.held.set(key(run, series.group, String(series.sample)), {
          series: readSeries(group.kind, series),
          stamp: group.stamp,
          order: this.count++,
        });
      }
    });
    for (const id of ids) this.inFlight.delete(id);
    this.onChange();
  }

  /** Answers whether it worked; if not, `failure` says why. */
  private async guarded(id: string, work: () => Promise<void>): Promise<boolean> {
    let failure = "";
    this.inFlight.add(id);
    try {
      await work();
    } catch (error) {
      failure = messageOf(error);
      this.failure = failure;
    }
    this.inFlight.delete(id);
    this.onChange();
    return failure === "";
  }

  /** Drop what is no longer shown, oldest first, until the rest fits. */
  private evict(wants: readonly Want[]): void {
    const wanted = new Set(wants.map(({ run, group }) => key(run, group.group)));
    let total = 0;
    for (const { series } of this.held.values()) total += series.bytes;
    const oldest = [...this.held].sort(([, a], [, b]) => a.order - b.order);
    for (const [id, { series }] of oldest) {
      if (total <= HELD_BYTES) return;
      if (wanted.has(id.slice(0, id.lastIndexOf("\n")))) continue;
      this.held.delete(id);
      total -= series.bytes;
    }
  }
}

/** Names hold no line break: the server refuses those that do. */
function key(...parts: string[]): string {
  return parts.join("\n");
}

/** Roughly how many bytes a whole want is. */
export function estimate({ group, samples }: Want, kept: number | undefined): number {
  const steps = Math.min(group.lastStep + 1, kept || Number.POSITIVE_INFINITY);
  const values = group.content.shape.reduce((a, b) => a * b, 1);
  return (samples.length || group.samples.length || 1) * steps * (2 * values + 400);
}

/** Wants of equal samples together, as many as one request should carry. */
function batches(wants: readonly Want[]): Want[][] {
  const result: Want[][] = [];
  let [bytes, shared] = [0, ""];
  for (const want of wants) {
    const size = estimate(want, undefined);
    const last = result.at(-1);
    const fits = last && last.length < MAX_GROUPS && bytes + size < REQUEST_BYTES;
    if (fits && shared === want.samples.join()) {
      last.push(want);
      bytes += size;
    } else {
      result.push([want]);
      bytes = size;
      shared = want.samples.join();
    }
  }
  return result;
}
