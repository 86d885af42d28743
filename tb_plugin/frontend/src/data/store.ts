/** Everything fetched so far. Only what is shown is fetched, and only what changed is fetched again. */

import { inputOfSample } from "../analysis/input-values.ts";
import { memo } from "../analysis/memo.ts";
import { type Numbering, numberSamples } from "../analysis/numbering.ts";
import { spreadSeries, type WordsRead } from "../analysis/spread.ts";
import { type Extent, fetchInputs, fetchListing, fetchSeries } from "./api.ts";
import { Bitmaps } from "./bitmaps.ts";
import { CalledRows } from "./called-rows.ts";
import { Evaluations } from "./evaluations.ts";
import type { Listing, Run } from "./listing.ts";
import { key } from "./listing.ts";
import { type Picture, Pictures } from "./pictures.ts";
import { batches, firstLook, inOrder, samplesOf, type Want } from "./plan.ts";
import { renumberedSeries } from "./renumber.ts";
import { messageOf, readSeries, recordsOf, type Series } from "./series.ts";

interface Held {
  readonly series: Series;
  readonly stamp: string;
}

const HELD_BYTES = 64 << 20;

export class Store {
  listing: Listing | undefined;
  /** Why the last thing could not be fetched. */
  failure = "";
  readonly pictures = new Pictures();
  readonly bitmaps: Bitmaps;
  readonly evaluations: Evaluations;
  /** By run, group and sample, the longest unused first. */
  private readonly held = new Map<string, Held>();
  private readonly inFlight = new Set<string>();
  /** By run and what the page calls a group, what the log calls it. */
  private aliases: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();
  /** By run, where the page numbers its samples otherwise; and of what that was made. */
  private readonly numberings = new Map<string, Numbering>();
  private numbered = "";
  private readonly called = { kernels: new CalledRows(), health: new CalledRows() };
  private readonly onChange: () => void;

  /** `onPixels`: a picture was decoded, so that there is more to draw and nothing else new. */
  constructor(onChange: () => void, onPixels: () => void = onChange) {
    this.onChange = onChange;
    this.evaluations = new Evaluations(onChange);
    this.bitmaps = new Bitmaps(onPixels, (picture, error) => {
      this.pictures.fail(picture, error);
      this.onChange();
    });
  }

  get busy(): boolean {
    return this.inFlight.size > 0 || this.evaluations.busy;
  }

  /** A series, of a sample by its number on the page; records of all samples are in its order. */
  get(run: string, shown: string, sample = -1): Series | undefined {
    const group = this.aliases.get(run)?.get(shown) ?? shown;
    const numbering = this.numberings.get(run);
    const own = sample < 0 ? sample : this.ownNumber(run, sample);
    const series =
      own === undefined ? undefined : this.held.get(key(run, group, String(own)))?.series;
    if (!series) return undefined;
    if (sample < 0) {
      if (series.kind === "kernels" || series.kind === "health") {
        return this.called[series.kind].of(run, series);
      }
      return numbering ? renumberedSeries(series, numbering) : series;
    }
    return this.overWords(series, run, group, sample);
  }

  /** Call the kernels, or the layers, of runs alike where only Keras' counting tells them apart. */
  matchRows(kind: "kernels" | "health", runs: readonly string[]): void {
    const held = runs.flatMap((run) => {
      const series = this.held.get(key(run, kind, "-1"))?.series;
      return series ? [[run, series] as const] : [];
    });
    this.called[kind].match(new Map(held));
  }

  /** A layer's maps over words with a value for each word; else, and until these came, the series. */
  private overWords(series: Series, run: string, group: string, sample: number): Series {
    const spread = this.listing && spreadsOf(this.listing).get(key(run, group));
    if (!spread) return series;
    const record = recordsOf(this.get(run, `values/${spread.input}`), "values").at(-1);
    const words = inputOfSample(record, sample)?.words ?? [];
    return words.length > 0 ? spreadSeries(series, words, spread) : series;
  }

  picture(run: string, input: string, sample: number): Picture | undefined {
    const own = this.ownNumber(run, sample);
    return own === undefined ? undefined : this.pictures.get(run, input, own);
  }

  /** Whether the picture was sent, and refused. */
  isRefused(run: string, input: string, sample: number): boolean {
    const own = this.ownNumber(run, sample);
    return own !== undefined && this.pictures.isRefused(run, input, own);
  }

  /** Call groups of runs otherwise: by run and name on the page, the name in the log. */
  rename(aliases: ReadonlyMap<string, ReadonlyMap<string, string>>): void {
    this.aliases = aliases;
  }

  /** Number the samples of runs by what they hold, so that equal ones are one sample of the page. */
  number(runs: readonly string[]): void {
    const samples = runs.map((run) => {
      const { points = [] } = this.held.get(key(run, "samples", "-1"))?.series ?? {};
      const record = points.at(-1)?.record;
      return record?.kind === "samples" ? record : undefined;
    });
    const hashes = samples.map((record) => record?.hashes?.map((hash) => hash ?? ""));
    const names = JSON.stringify([runs, hashes, samples.map((record) => record?.labels.length)]);
    if (names === this.numbered) return;
    this.numbered = names;
    const counts = samples.map((record) => record?.labels.length ?? 0);
    this.numberings.clear();
    for (const [i, numbering] of numberSamples(hashes, counts).entries()) {
      if (numbering) this.numberings.set(runs[i] ?? "", numbering);
    }
  }

  /** The page's number of a run's sample. */
  sharedNumber(run: string, own: number): number {
    return this.numberings.get(run)?.shared[own] ?? own;
  }

  /** The run's own number of a sample of the page; undefined where it does not explain it. */
  private ownNumber(run: string, sample: number): number | undefined {
    const numbering = this.numberings.get(run);
    return numbering ? numbering.own[sample] : sample;
  }

  async refresh(): Promise<void> {
    await this.guarded("listing", async () => {
      this.listing = await fetchListing();
      this.failure = "";
    });
  }

  /** Fetch what is missing or has grown; answers when all of it is there. */
  async ensure(wants: readonly Want[]): Promise<void> {
    for (const want of wants) this.use(want);
    const open = wants.map((want) => this.openOf(want)).filter((want) => want !== undefined);
    for (const id of open.flatMap(idsOf)) this.inFlight.add(id);
    const look = firstLook(open.filter((want) => this.isNew(want)));
    await Promise.all([this.loadAll(look.last, "last"), this.loadAll(look.all, "all")]);
    const rest = open.filter((want) => !look.all.includes(want));
    for (const part of inOrder(rest)) await this.loadAll(part, "all");
    if (open.length > 0) this.evict(wants);
  }

  /** Fetch the input pictures of runs that are shown. */
  async ensurePictures(runs: readonly Run[]): Promise<void> {
    await Promise.all(runs.map((run) => this.ensureAlbums(run)));
    this.pictures.evict(runs.map(({ run }) => run));
  }

  private async ensureAlbums({ run, inputs }: Run): Promise<void> {
    for (const { name, version } of inputs) {
      if (this.pictures.has(run, name, version)) continue;
      this.pictures.expect(run, name, version);
      const came = await this.guarded(key(run, name, version), async () => {
        this.pictures.keep(run, name, await fetchInputs(run, name, version));
      });
      if (!came) this.pictures.forget(run, name);
    }
  }

  /** What of a want is neither there nor on its way. */
  private openOf(want: Want): Want | undefined {
    const { run, group } = want;
    const open = samplesOf(want).filter((sample) => {
      const id = key(run, group.group, String(sample));
      return this.held.get(id)?.stamp !== group.stamp && !this.inFlight.has(id + group.stamp);
    });
    if (open.length === 0) return undefined;
    return want.samples.length > 0 ? { ...want, samples: open } : want;
  }

  /** What is wanted again is the last to be dropped. */
  private use(want: Want): void {
    for (const sample of samplesOf(want)) {
      const id = key(want.run, want.group.group, String(sample));
      const held = this.held.get(id);
      if (!held) continue;
      this.held.delete(id);
      this.held.set(id, held);
    }
  }

  /** Whether nothing of a want is there, not even what it was before it has grown. */
  private isNew(want: Want): boolean {
    return samplesOf(want).every(
      (sample) => !this.held.has(key(want.run, want.group.group, String(sample))),
    );
  }

  private async loadAll(wants: readonly Want[], extent: Extent): Promise<void> {
    await Promise.all(batches(wants).map((batch) => this.load(batch, extent)));
  }

  private async load(batch: readonly Want[], extent: Extent): Promise<void> {
    const groups = new Map(batch.map(({ group }) => [group.group, group]));
    const samples = batch.find((want) => want.samples.length > 0)?.samples ?? [];
    const run = batch[0]?.run ?? "";
    await this.guarded(`series ${run}`, async () => {
      for (const series of await fetchSeries(run, [...groups.keys()], samples, extent)) {
        const group = groups.get(series.group);
        if (!group) continue;
        this.held.set(key(run, series.group, String(series.sample)), {
          series: readSeries(group.kind, series, group.content.role === "teacher"),
          stamp: extent === "all" ? group.stamp : "",
        });
      }
    });
    // The last records alone leave the others on their way.
    if (extent === "all") for (const id of batch.flatMap(idsOf)) this.inFlight.delete(id);
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

  /** Drop what is no longer shown, the longest unused first, until the rest fits. */
  private evict(wants: readonly Want[]): void {
    const wanted = new Set(
      wants.flatMap((want) =>
        samplesOf(want).map((sample) => key(want.run, want.group.group, String(sample))),
      ),
    );
    let total = 0;
    for (const { series } of this.held.values()) total += series.bytes;
    for (const [id, { series }] of [...this.held]) {
      if (total <= HELD_BYTES) return;
      if (wanted.has(id)) continue;
      this.held.delete(id);
      total -= series.bytes;
    }
  }
}

/** By run and group, how maps of positions are spread over the words of an input. */
const spreadsOf = memo((listing: Listing) => {
  const spreads = new Map<string, WordsRead & { readonly input: string }>();
  for (const { run, groups } of listing.runs) {
    for (const { group, kind, content } of groups) {
      const { wordStep: step, wordOffsets: offsets, input } = content;
      if (kind !== "map" || offsets.length === 0) continue;
      spreads.set(key(run, group), { step, offsets, input });
    }
  }
  return spreads;
});

function idsOf(want: Want): string[] {
  const { run, group } = want;
  return samplesOf(want).map((sample) => key(run, group.group, String(sample)) + group.stamp);
}
