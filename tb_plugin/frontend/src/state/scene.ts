/** What is there to show, and what of it is shown: derived from listing, records and view. */

import { belongs, mergeNames, namesOf } from "../analysis/kernels.ts";
import { layoutOf } from "../analysis/layouts.ts";
import { unwrapped } from "../analysis/wrapping.ts";
import type { Group, Layout, Listing, Run } from "../data/listing.ts";
import { estimate, type Want } from "../data/plan.ts";
import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Samples } from "../format/records.ts";
import type { View } from "./view.ts";

export interface ShownRun {
  readonly id: string;
  /** Without the `/explain` or `/compression` that every run of ours ends in. */
  readonly name: string;
  readonly colour: string;
  /** Where the maps are, if there are any. */
  readonly run: Run;
  /** Where the kernels are: the run beside `run`, or `run` itself where it holds them. */
  readonly compression: Run | undefined;
  readonly samples: Samples | undefined;
}

export type ColumnKind = "map" | "matrix" | "channels";

/** In the order of the columns: channels are the widest, and answer a later question. */
const COLUMN_KINDS: readonly ColumnKind[] = ["map", "matrix", "channels"];

export interface Column {
  readonly group: string;
  readonly kind: ColumnKind;
  /** How one map's values lie; of attention it is not asked for. */
  readonly layout: Layout;
  readonly explainer: string;
  readonly layer: string;
  readonly unit: string;
  readonly scoreUnit: string;
  readonly signed: boolean;
}

export interface Scene {
  readonly runs: readonly ShownRun[];
  readonly shown: readonly ShownRun[];
  readonly columns: readonly Column[];
  readonly shownColumns: readonly Column[];
  readonly samples: readonly number[];
  readonly selected: readonly number[];
  /** Whose maps are fetched, and make the shared scales: all samples where that is little. */
  readonly fetched: readonly number[];
  readonly steps: readonly number[];
  /** The largest magnitude by group (maps) or by `group\nchannel`. */
  readonly limits: ReadonlyMap<string, number>;
  /** Slices of the deepest volume that is shown; 0 where there is none. */
  readonly depth: number;
  readonly pair: readonly [ShownRun, ShownRun] | undefined;
  /** The names of all kernels of the shown runs, in model order. */
  readonly kernels: readonly string[];
  /** The selected kernel: the first one where none, or none of these, is chosen. */
  readonly layer: string | undefined;
  /** Which views of compression there is something for. */
  readonly has: { readonly kernels: boolean; readonly drift: boolean; readonly maps: boolean };
}

export const EMPTY_SCENE: Scene = {
  runs: [],
  shown: [],
  columns: [],
  shownColumns: [],
  samples: [],
  selected: [],
  fetched: [],
  steps: [],
  limits: new Map(),
  depth: 0,
  pair: undefined,
  kernels: [],
  layer: undefined,
  has: { kernels: false, drift: false, maps: false },
};

/** Told apart on white and on near-black. */
const COLOURS = [
  ...["#3b82d6", "#e0703a", "#2fa36f", "#a96bd0", "#d1495b", "#a98b1f", "#2ba3b5"],
  ...["#d565a5", "#8b6b55", "#7a8f2e"],
];
const GRAY = "#8a9099";
const FIRST_RUNS = 4;
const FIRST_MAPS = 4;
const FIRST_SAMPLES = 2;
/** Up to this many bytes, the maps of all samples are fetched at once. */
const LITTLE_BYTES = 8 << 20;
/** Besides the maps and what belongs to them, what makes a step one of the playhead's. */
const EPOCHAL: readonly string[] = ["kernels", "drift", "fidelity"];

export function deriveScene(listing: Listing, store: Store, view: View): Scene {
  const runs = pairUp(listing.runs).map((pair, i) => describe(pair, i, store));
  const names = view.runs ?? firstRuns(runs).map((run) => run.id);
  const shown = runs.filter((run) => sourcesOf(run).some((source) => names.includes(source.run)));
  const columns = columnsOf(shown);
  const shownColumns = chooseColumns(columns, view.groups);
  const samples = samplesOf(shown);
  const chosen = view.samples ?? samples.slice(0, FIRST_SAMPLES);
  const needed = (sample: number): boolean =>
    chosen.includes(sample) || sample === view.opened?.sample;
  const isLittle = sizeOf(shown, shownColumns, listing) <= LITTLE_BYTES;
  const fetched = isLittle ? samples : samples.filter(needed);
  const kernels = kernelsOf(shown, store);
  return {
    runs,
    shown,
    columns,
    shownColumns,
    samples,
    selected: samples.filter((sample) => chosen.includes(sample)),
    fetched,
    steps: stepsOf(shown, shownColumns, fetched, store),
    limits: limitsOf(shown, shownColumns, fetched, store),
    depth: depthOf(shown, shownColumns),
    pair: pairOf(shown, view.difference),
    kernels,
    layer: kernels.find((name) => name === view.layer) ?? kernels[0],
    has: {
      kernels: holds(shown, ["kernels"]),
      drift: holds(shown, ["drift", "fidelity"]),
      maps: holds(shown, ["samples", ...COLUMN_KINDS]),
    },
  };
}

/** Roughly how many bytes the maps of all samples are. */
function sizeOf(
  shown: readonly ShownRun[],
  columns: readonly Column[],
  { samplesKept }: Listing,
): number {
  const groups = new Set(columns.map(({ group }) => group));
  const sizes = shown.flatMap(({ id, run }) =>
    run.groups
      .filter(({ group }) => groups.has(group))
      .map((group) => estimate({ run: id, group, samples: [] }, samplesKept)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Controls are looked at through their band; only who asks for their maps is shown them. */
function firstRuns(runs: readonly ShownRun[]): ShownRun[] {
  const models = runs.filter((run) => !isControl(run));
  return (models.length > 0 ? models : runs).slice(0, FIRST_RUNS);
}

/** Whether a run differs from its reference by chance only. */
export function isControl({ run }: ShownRun): boolean {
  return run.groups.some(
    ({ kind, content }) =>
      (kind === "drift" || kind === "fidelity") && content.settings.role === "control",
  );
}

interface Pair {
  readonly name: string;
  readonly explain: Run | undefined;
  readonly compression: Run | undefined;
}

/**
 * `X/explain` and `X/compression` are one run to the viewer; any other one stands alone. Where
 * TensorBoard runs on Windows its runs are `X\explain`; they are shown as anywhere else.
 */
function pairUp(runs: readonly Run[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const run of runs) {
    const [, folder, end] = run.run.match(/^(?:(.+)[\\/])?(explain|compression)$/) ?? [];
    const key = end ? (folder ?? "") : `${run.run}\n`;
    const known = pairs.get(key);
    const name = (folder ?? (known ? "run" : run.run)).replaceAll("\\", "/");
    const { explain, compression } = { explain: undefined, compression: undefined, ...known };
    if (end === "compression") pairs.set(key, { name, explain, compression: run });
    else pairs.set(key, { name, explain: run, compression });
  }
  return [...pairs.values()];
}

function describe({ name, explain, compression }: Pair, index: number, store: Store): ShownRun {
  const run = explain ?? (compression as Run);
  return {
    id: run.run,
    name,
    colour: COLOURS[index] ?? GRAY,
    run,
    compression: compression ?? (holdsAny(run, ["kernels"]) ? run : undefined),
    samples: recordsOf(store.get(run.run, "samples"), "samples").at(-1),
  };
}

/** The runs of the log that one shown run is made of; their names are the store's keys. */
export function sourcesOf({ run, compression }: ShownRun): readonly Run[] {
  return compression && compression !== run ? [run, compression] : [run];
}

/** The shown runs whose kernels were logged. */
export function compressed({ shown }: Scene): ShownRun[] {
  return shown.filter(({ compression }) => compression !== undefined);
}

function holds(shown: readonly ShownRun[], kinds: readonly string[]): boolean {
  return shown.some((run) => sourcesOf(run).some((source) => holdsAny(source, kinds)));
}

function holdsAny({ groups }: Run, kinds: readonly string[]): boolean {
  return groups.some(({ kind }) => kinds.includes(kind));
}

function kernelsOf(shown: readonly ShownRun[], store: Store): string[] {
  const series = shown.map(({ compression }) => store.get(compression?.run ?? "", "kernels"));
  return mergeNames(series.map((one) => (one ? namesOf(one) : [])));
}

function columnsOf(shown: readonly ShownRun[]): Column[] {
  const columns = new Map<string, Column>();
  for (const { group, kind, explainer, layer, content } of shown.flatMap((s) => s.run.groups)) {
    if (!isColumn(kind) || columns.has(group)) continue;
    const { unit, scoreUnit, signed } = content;
    const layout = layoutOf(kind, content);
    columns.set(group, { group, kind, layout, explainer, layer, unit, scoreUnit, signed });
  }
  const found = [...columns.values()];
  const explainers = [...new Set(found.map(({ explainer }) => explainer))];
  const rank = ({ kind, explainer }: Column): number =>
    COLUMN_KINDS.indexOf(kind) * explainers.length + explainers.indexOf(explainer);
  const place = ({ explainer, layer }: Column): number => layersOf(shown, explainer).indexOf(layer);
  return found.sort((a, b) => rank(a) - rank(b) || place(a) - place(b));
}

function isColumn(kind: string): kind is ColumnKind {
  return COLUMN_KINDS.some((one) => one === kind);
}

function depthOf(shown: readonly ShownRun[], columns: readonly Column[]): number {
  const groups = columns.filter(({ layout }) => layout === "volume").map(({ group }) => group);
  if (groups.length === 0) return 0;
  const depths = shown.flatMap(({ run }) => [
    ...run.groups
      .filter(({ group }) => groups.includes(group))
      .map(({ kind, content }) => content.shape[kind === "channels" ? 1 : 0] ?? 0),
    ...run.inputs.filter(({ layout }) => layout === "volume").map(({ shape }) => shape[0] ?? 0),
  ]);
  return Math.max(0, ...depths);
}

/** An explainer's layers in the model's order, which its settings give: `at conv1, conv2; ...`. */
function layersOf(shown: readonly ShownRun[], explainer: string): readonly string[] {
  const settings = shown.map(({ samples }) => samples?.settings[explainer]).find(Boolean);
  return settings?.match(/^at ([^;]+)/)?.[1]?.split(", ") ?? [];
}

function chooseColumns(columns: readonly Column[], chosen: View["groups"]): Column[] {
  if (chosen) return columns.filter((column) => chosen.includes(column.group));
  const evidence = columns.filter((column) => column.kind === "map").slice(0, FIRST_MAPS);
  const attention = columns.filter((column) => column.kind === "matrix");
  const maps = [...evidence, ...attention.slice(-1)];
  const channels = columns.filter((column) => column.kind === "channels");
  const ofSameLayer = channels.find(({ layer }) => maps.some((map) => map.layer === layer));
  const chosenOne = ofSameLayer ?? channels.at(-1);
  return chosenOne ? [...maps, chosenOne] : maps;
}

function samplesOf(shown: readonly ShownRun[]): number[] {
  const all = new Set<number>();
  for (const { run, samples } of shown) {
    for (let i = 0; i < (samples?.labels.length ?? 0); i++) all.add(i);
    for (const group of run.groups) for (const sample of group.samples) all.add(sample);
  }
  return [...all].filter((sample) => sample >= 0).sort((a, b) => a - b);
}

function stepsOf(
  shown: readonly ShownRun[],
  columns: readonly Column[],
  samples: readonly number[],
  store: Store,
): number[] {
  const steps = new Set<number>();
  for (const run of shown) {
    const { id } = run;
    const series = [store.get(id, "metrics"), store.get(id, "predictions")];
    for (const { group } of columns) series.push(store.get(id, group, samples[0]));
    for (const source of sourcesOf(run)) {
      for (const { group, kind } of source.groups) {
        if (EPOCHAL.includes(kind)) series.push(store.get(source.run, group));
      }
    }
    for (const one of series) for (const { step } of one?.points ?? []) steps.add(step);
  }
  return [...steps].sort((a, b) => a - b);
}

function limitsOf(
  shown: readonly ShownRun[],
  columns: readonly Column[],
  samples: readonly number[],
  store: Store,
): Map<string, number> {
  const limits = new Map<string, number>();
  const raise = (key: string, size: number): void => {
    if (size > (limits.get(key) ?? 0)) limits.set(key, size);
  };
  for (const { id } of shown) {
    for (const { group } of columns) {
      for (const sample of samples) {
        const series = store.get(id, group, sample);
        for (const { scale } of recordsOf(series, "map")) raise(group, scale);
        for (const { scale } of recordsOf(series, "matrix")) raise(group, scale);
        for (const { channels, scales } of recordsOf(series, "channels")) {
          for (const [i, scale] of scales.entries()) raise(`${group}\n${channels[i]}`, scale);
        }
      }
    }
  }
  return limits;
}

function pairOf(shown: readonly ShownRun[], chosen: View["difference"]): Scene["pair"] {
  const [a, b] = chosen ? chosen.map((id) => shown.find((run) => run.id === id)) : shown;
  return a && b && a !== b ? [a, b] : undefined;
}

/**
 * The groups to show for a kernel: where an explainer has maps of its layer and none of them is
 * shown, these in place of its others; undefined where nothing is to be changed.
 */
export function groupsWith(scene: Scene, kernel: string): string[] | undefined {
  const { columns, shownColumns } = scene;
  const shown = new Set(shownColumns.map(({ group }) => group));
  let changed = false;
  for (const explainer of new Set(columns.map((column) => column.explainer))) {
    const own = columns.filter((column) => column.explainer === explainer);
    const wanted = own.filter(({ layer }) => belongs(kernel, layer));
    if (wanted.length === 0 || wanted.some(({ group }) => shown.has(group))) continue;
    for (const { group } of own) shown.delete(group);
    // The innermost of nested layers says most of the kernel.
    const [best] = wanted.sort((a, b) => b.layer.length - a.layer.length);
    if (best) shown.add(best.group);
    changed = true;
  }
  return changed
    ? columns.map(({ group }) => group).filter((group) => shown.has(group))
    : undefined;
}

/**
 * What has to be fetched for a scene: of maps the samples that are needed; of the kernels those
 * that are selected or whose feature maps are shown.
 */
export function wantsOf(scene: Scene): Want[] {
  const shown = new Set(scene.shownColumns.map((column) => column.group));
  const tiled = scene.shownColumns.filter(({ kind }) => kind === "channels");
  const isShown = ({ kind, group, layer }: Group): boolean => {
    if (isColumn(kind)) return shown.has(group);
    if (kind !== "kernel") return true;
    return (
      unwrapped(layer) === unwrapped(scene.layer ?? "") ||
      tiled.some((column) => belongs(layer, column.layer))
    );
  };
  const wants = scene.shown.flatMap((run) =>
    sourcesOf(run).flatMap((source) =>
      source.groups.filter(isShown).flatMap((group) => wantOf(source.run, group, scene)),
    ),
  );
  // A band is that of all controls, shown or not.
  const controls = scene.runs.filter((run) => isControl(run) && !scene.shown.includes(run));
  const drifts = controls.flatMap(({ id, run }) =>
    run.groups.filter(({ kind }) => kind === "drift").flatMap((group) => wantOf(id, group, scene)),
  );
  return [...wants, ...drifts];
}

function wantOf(run: string, group: Group, { fetched, samples }: Scene): Want[] {
  if (fetched.length === samples.length || group.samples.length === 0) {
    return [{ run, group, samples: [] }];
  }
  const needed = group.samples.filter((sample) => fetched.includes(sample));
  return needed.length > 0 ? [{ run, group, samples: needed }] : [];
}
