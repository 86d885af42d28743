/** The page's state: the view, what was fetched, the playhead; parts listen for `change`. */

import { outputKernels } from "../analysis/channels.ts";
import { driftChoice } from "../analysis/drift.ts";
import { ExplainedTables } from "../analysis/explained-table.ts";
import { isTable, kernelRow, layerRow, namesOf, sameLayer } from "../analysis/kernels.ts";
import { weightsText } from "../analysis/moments.ts";
import { isReport } from "../data/inlined.ts";
import type { Listing } from "../data/listing.ts";
import { type Known, knownAt, recordsOf, type Series } from "../data/series.ts";
import { Store } from "../data/store.ts";
import { Canvases } from "../draw/canvases.ts";
import { Stage } from "../draw/stage.ts";
import type { Kernel } from "../format/compressed.ts";
import { type Predictions, whenMoreIsRead } from "../format/records.ts";
import type { Structure } from "../format/structured.ts";
import { currentHash, isOurs, linkWith, replaceHash } from "../host.ts";
import { type Column, groupsWith } from "./columns.ts";
import { Found } from "./found.ts";
import { readHash, writeHash } from "./hash.ts";
import { type Note, notesOf } from "./notes.ts";
import type { ShownRun } from "./runs.ts";
import { loggedLayer } from "./same-layers.ts";
import { deriveScene, EMPTY_SCENE, evaluated, type Scene } from "./scene.ts";
import { decodeView, encodeView, type View } from "./view.ts";
import { wantsOf } from "./wants.ts";

const HASH_DELAY = 250;
/** In the plugin's folder, where the frame's base address leads. */
const startWorker = (): Worker => new Worker("drawing-worker.js", { type: "module" });

export class Dashboard extends EventTarget {
  readonly stage = new Stage(new Canvases(isReport() ? undefined : startWorker), () =>
    this.store.bitmaps.begin(),
  );
  readonly store = new Store(
    () => this.derive(),
    () => this.stage.invalidate(),
  );
  readonly found = new Found(() => this.dispatchEvent(new Event("change")));
  view: View = decodeView(readHash(currentHash()));
  scene: Scene = EMPTY_SCENE;
  notes: readonly Note[] = [];
  dark = false;
  /** Grows with everything but the playhead that changes what painters draw. */
  revision = 0;
  /** How large maps are where the viewer chose no size. */
  private fitted = 192;
  private writing = 0;
  private readonly explainedTables = new ExplainedTables();
  private loaded: Listing | undefined;

  /** The epoch under the playhead: the last kept one where none was chosen. */
  get step(): number {
    const { steps } = this.scene;
    const wanted = this.view.step;
    if (wanted === undefined) return steps.at(-1) ?? 0;
    return steps.findLast((step) => step <= wanted) ?? steps[0] ?? 0;
  }

  /** Of a map in the grid, in pixels. */
  get size(): number {
    return this.view.size || this.fitted;
  }

  /** Tell what size of maps the grid has room for; whoever draws them hears of it. */
  fit(size: number): void {
    if (size === this.fitted) return;
    this.fitted = size;
    this.revision++;
    this.dispatchEvent(new Event("change"));
  }

  /** Change the view; `step` alone goes through `seek`, which draws without rendering. */
  update(patch: Partial<View>): void {
    this.view = { ...this.view, ...patch };
    this.derive();
    this.writeLink();
    this.load();
  }

  /** Move the playhead to the epoch nearest to `step`; on the last one it follows the training. */
  seek(step: number): void {
    const { steps } = this.scene;
    const before = this.step;
    const nearest = this.nearest(step);
    this.view = { ...this.view, step: nearest === steps.at(-1) ? undefined : nearest };
    this.stage.invalidate();
    if (this.step === before) return;
    this.dispatchEvent(new Event("seek"));
    this.writeLink();
  }

  /** The epoch nearest to a place between epochs. */
  nearest(step: number): number {
    const { steps } = this.scene;
    return steps.reduce(
      (best, s) => (Math.abs(s - step) < Math.abs(best - step) ? s : best),
      steps[0] ?? 0,
    );
  }

  /** Move the playhead by a number of epochs. */
  move(by: number): void {
    const { steps } = this.scene;
    const index = Math.min(Math.max(steps.indexOf(this.step) + by, 0), steps.length - 1);
    this.seek(steps[index] ?? 0);
  }

  /** Select a kernel everywhere: its row, and its layer's maps in place of other layers'. */
  selectLayer(layer: string): void {
    const groups = groupsWith(this.scene, layer);
    this.update(groups ? { layer, groups } : { layer });
  }

  async refresh(): Promise<void> {
    await this.store.refresh();
    this.load();
  }

  /** The address changed; a bare one is TensorBoard coming back to our tab, which keeps its place. */
  followLink(): void {
    const values = readHash(currentHash());
    if (!isOurs()) return;
    if (values.size === 0) {
      this.writeLink();
      return;
    }
    this.view = decodeView(values);
    this.derive();
    this.load();
  }

  get link(): string {
    return linkWith(this.hash);
  }

  setDark(dark: boolean): void {
    this.dark = dark;
    this.derive();
  }

  predictions(run: string): Known<Predictions> {
    return knownAt(this.store.get(run, "predictions"), "predictions", this.step);
  }

  /** Of which other weights a run's maps of one epoch are; empty where they are the epoch's own. */
  weights(run: string, step: number | undefined): string {
    if (step === undefined) return "";
    const { record, isNow } = knownAt(this.store.get(run, "predictions"), "predictions", step);
    return isNow ? weightsText(record, step) : "";
  }

  /** The series of a shown run's kernels. */
  kernels({ compression }: ShownRun): Series | undefined {
    return compression && this.store.get(compression.run, "kernels");
  }

  /** The series of a shown run's health. */
  health({ health }: ShownRun): Series | undefined {
    return health && this.store.get(health.run, "health");
  }

  /** What the maps of a shown run tell of layers. */
  explained(run: ShownRun): Series | undefined {
    const { scene, store, view } = this;
    const measure = driftChoice(scene.shown, store, view)?.measure ?? view.measure;
    return this.explainedTables.of(run, store, measure, scene.selected);
  }

  /** The tables that a metric of a shown run may stand in, the one that is asked first at first. */
  tables(run: ShownRun): readonly (Series | undefined)[] {
    return [this.health(run), this.kernels(run), this.explained(run)];
  }

  /** The graph of a shown run's layers. */
  structure({ id }: ShownRun): Structure | undefined {
    return this.scene.structures.get(id);
  }

  /** What the page calls a layer of a run's model: as in the first run, where Keras counted it on. */
  nameIn(run: ShownRun, own: string): string {
    for (const series of [this.kernels(run), this.health(run)]) {
      const record = series?.points.at(-1)?.record;
      const name = isTable(record) && record.called?.get(own);
      if (name) return name;
    }
    return this.structure(run)?.called?.get(own) ?? own;
  }

  /** The series of one layer's activations and gradients, by what the page calls it. */
  units(run: ShownRun, name: string): Series | undefined {
    const series = this.health(run);
    const own = (series && sameLayer(namesOf(series), name)) ?? name;
    const last = recordsOf(series, "health").findLast((one) => layerRow(one, own));
    const logged = layerRow(last, own)?.path;
    if (logged === undefined) return undefined;
    return this.store.get(run.health?.run ?? "", `units/${logged}`);
  }

  /** The series of one kernel of a shown run, by what the page calls it. */
  kernel(run: ShownRun, name: string): Series | undefined {
    const series = this.kernels(run);
    const own = (series && sameLayer(namesOf(series), name)) ?? name;
    const last = recordsOf(series, "kernels").findLast((one) => kernelRow(one, own));
    const logged = kernelRow(last, own)?.name;
    if (!logged) return undefined;
    return this.store.get(run.compression?.run ?? "", `kernel/${logged}`);
  }

  /** The kernel whose outputs are a layer's channels at the playhead, where that is known. */
  outputsOf(run: ShownRun, column: Column): Known<Kernel> | undefined {
    const { group } = column;
    const count = run.run.groups.find((one) => one.group === group)?.content.channels ?? 0;
    const known = (layer: string): Known<Kernel>[] =>
      outputKernels(this.scene.kernels, layer).map((name) =>
        knownAt(this.kernel(run, name), "kernel", this.step),
      );
    // Kernels and maps are matched apart: a run may have more of the ones than of the others.
    const called = known(column.layer);
    const outputs = called.some(({ record }) => record) ? called : known(loggedLayer(run, column));
    return outputs.findLast(
      ({ record }) => record && (count === 0 || record.pruned.length === count),
    );
  }

  private get hash(): string {
    return writeHash(currentHash() || "#tfexplain", encodeView(this.view));
  }

  constructor() {
    super();
    whenMoreIsRead(() => this.load());
  }

  /** Fetch what is missing of what is shown. */
  load(): void {
    if (!this.store.listing) return;
    void this.store.ensure(wantsOf(this.scene, this.store));
    void this.store.evaluations.ensure(evaluated(this.scene).map(({ predictions }) => predictions));
    void this.store.ensurePictures(this.scene.shown.map(({ run }) => run));
  }

  private derive(): void {
    const { listing } = this.store;
    const { layer } = this.scene;
    if (listing) {
      this.scene = deriveScene(listing, this.store, this.view);
      this.notes = notesOf(this.scene, this.store);
    }
    if (listing !== this.loaded) {
      this.loaded = listing;
      // Before the page is rendered, which takes a while the first time.
      this.load();
    }
    this.revision++;
    this.dispatchEvent(new Event("change"));
    this.stage.invalidate();
    // Which kernel comes first is known only once the kernels are there; then it is fetched too.
    if (this.scene.layer !== layer) this.load();
  }

  private writeLink(): void {
    window.clearTimeout(this.writing);
    this.writing = window.setTimeout(() => replaceHash(this.hash), HASH_DELAY);
  }
}
