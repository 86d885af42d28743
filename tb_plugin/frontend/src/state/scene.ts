/** What is there to show, and what of it is shown: derived from listing, records and view. */

import { calledLayers } from "../analysis/called-layers.ts";
import { SIMILARITY } from "../analysis/explained-table.ts";
import { belongs, isCompressed, mergeNames, namesOf } from "../analysis/kernels.ts";
import { withoutShared } from "../analysis/layer-names.ts";
import { lacks } from "../analysis/same-samples.ts";
import type { Listing } from "../data/listing.ts";
import { estimate } from "../data/plan.ts";
import type { Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Structure } from "../format/structured.ts";
import { EVALUATED } from "../tables.ts";
import {
  COLUMN_KINDS,
  type Column,
  chooseColumns,
  columnsOf,
  depthOf,
  evidenceOf,
  ladderOf,
} from "./columns.ts";
import { firstChannels } from "./first-channels.ts";
import {
  chooseRuns,
  holds,
  holdsAny,
  runsOf,
  type ShownRun,
  sourcesOf,
  structuresOf,
} from "./runs.ts";
import { withSameLayers } from "./same-layers.ts";
import { Scales } from "./scales.ts";
import type { View } from "./view.ts";

export interface Scene {
  readonly runs: readonly ShownRun[];
  readonly shown: readonly ShownRun[];
  readonly columns: readonly Column[];
  readonly shownColumns: readonly Column[];
  readonly samples: readonly number[];
  readonly selected: readonly number[];
  /** The maps of the wall and inside of boxes. */
  readonly evidence: Column | undefined;
  /** Whether these are needed, and fetched, of all samples. */
  readonly needsAll: boolean;
  /** The maps of one method at several layers, in the model's order. */
  readonly ladder: readonly Column[];
  /** Whether these are in sight: then those of the sample that comes first are fetched. */
  readonly showsLadder: boolean;
  /** Whether the costs of compression are in sight: then the maps that they are of are fetched. */
  readonly showsCost: boolean;
  /** Whose maps are fetched, and make the shared scales: all samples where that is little. */
  readonly fetched: readonly number[];
  /** A layer's name without the folders that all layers share. */
  readonly layerText: (layer: string) => string;
  readonly steps: readonly number[];
  readonly scales: Scales;
  /** Slices of the deepest volume that is shown; 0 where there is none. */
  readonly depth: number;
  readonly pair: readonly [ShownRun, ShownRun] | undefined;
  /** The names of all kernels of the shown runs, in model order. */
  readonly kernels: readonly string[];
  /** The names of all layers of the shown runs whose health was measured, in the order of calls. */
  readonly layers: readonly string[];
  /** The names of all layers that the models of the shown runs call, in the order of calls. */
  readonly calls: readonly string[];
  /** By run, the graph of its layers. */
  readonly structures: ReadonlyMap<string, Structure>;
  /** The selected kernel or layer: that of the first maps where none of these is chosen. */
  readonly layer: string | undefined;
  /** What the strips show: of layers that were not compressed, how much they learn. */
  readonly metric: string;
  /** Which views there is something for. */
  readonly has: {
    readonly kernels: boolean;
    readonly health: boolean;
    /** Kernels of which some are pruned or quantized at some epoch. */
    readonly compressed: boolean;
    readonly drift: boolean;
    /** The graph of a model's layers. */
    readonly structure: boolean;
    readonly predictions: boolean;
    readonly maps: boolean;
    /** Maps of samples, or exchanged windows. */
    readonly evidence: boolean;
    /** What is known of many validation rows, of any run of the log. */
    readonly rows: boolean;
  };
}

export const EMPTY_SCENE: Scene = {
  runs: [],
  shown: [],
  columns: [],
  shownColumns: [],
  samples: [],
  selected: [],
  evidence: undefined,
  needsAll: false,
  ladder: [],
  showsLadder: false,
  showsCost: false,
  fetched: [],
  layerText: (layer) => layer,
  steps: [],
  scales: new Scales([], [], { get: () => undefined }),
  depth: 0,
  pair: undefined,
  kernels: [],
  layers: [],
  calls: [],
  structures: new Map(),
  layer: undefined,
  metric: "sparsity",
  has: {
    kernels: false,
    health: false,
    compressed: false,
    drift: false,
    structure: false,
    predictions: false,
    maps: false,
    evidence: false,
    rows: false,
  },
};

const FIRST_SAMPLES = 2;
/** Up to this many bytes, the maps of all samples are fetched at once. */
const LITTLE_BYTES = 8 << 20;
/** Up to this many, those of one method are, where all samples are shown or counted. */
const MUCH_BYTES = 96 << 20;
/** Kinds of records with a row for each kernel or layer. */
const TABLES = ["kernels", "health"] as const;
type TableKind = (typeof TABLES)[number];

/** Kinds of records that say something of many validation rows. */
const OF_ROWS = [
  ...EVALUATED,
  ...(["importance", "dependence", "clusters", "simple", "robustness"] as const),
] as const;
/** Besides the maps and what belongs to them, what makes a step one of the playhead's. */
const EPOCHAL: readonly string[] = ["drift", "fidelity", ...TABLES, ...OF_ROWS];

export function deriveScene(listing: Listing, store: Store, view: View): Scene {
  store.number(chooseRuns(runsOf(listing, store), view.runs).map(({ id }) => id));
  const all = runsOf(listing, store);
  const { runs: shown, aliases } = withSameLayers(chooseRuns(all, view.runs));
  store.rename(aliases);
  const runs = all.map((run) => shown.find(({ id }) => id === run.id) ?? run);
  const columns = columnsOf(shown);
  const shownColumns = chooseColumns(columns, view.groups, (all) =>
    firstChannels(all, shown, store),
  );
  const samples = samplesOf(shown, store);
  const chosen = view.samples ?? samples.slice(0, FIRST_SAMPLES);
  const needed = (sample: number): boolean =>
    chosen.includes(sample) || sample === view.opened?.sample;
  const isLittle = sizeOf(shown, shownColumns, listing) <= LITTLE_BYTES;
  const fetched = isLittle ? samples : samples.filter(needed);
  for (const kind of TABLES) {
    store.matchRows(
      kind,
      shown.flatMap((run) => tableRun(run, kind)),
    );
  }
  const kernels = rowNames(shown, store, "kernels");
  const layers = rowNames(shown, store, "health");
  const structures = structuresOf(shown, store);
  const calls = mergeNames([...structures.values()].map(calledLayers));
  const hasCompressed = seriesOf(shown, store, "kernels").some(isCompressed);
  const hasHealth = holds(shown, ["health"]);
  const fits = (column: Column): boolean => sizeOf(shown, [column], listing) <= MUCH_BYTES;
  const evidence = evidenceOf(columns, view.evidence, fits);
  return {
    runs,
    shown,
    columns,
    shownColumns,
    samples,
    selected: samples.filter((sample) => chosen.includes(sample)),
    evidence,
    ladder: ladderOf(columns, shown, evidence),
    showsLadder: wantsLadder(view, holds(shown, TABLES)),
    showsCost: view.panel === "cost" && showsModel(view),
    needsAll: evidence !== undefined && wantsAll(view) && fits(evidence),
    fetched,
    layerText: withoutShared([
      ...new Set([...columns.map(({ layer }) => layer), ...kernels, ...layers]),
    ]),
    steps: stepsOf(shown, shownColumns, fetched, store),
    scales: new Scales(shown, fetched, store),
    depth: depthOf(shown, shownColumns),
    pair: pairOf(shown, view.difference),
    kernels,
    layers,
    calls,
    structures,
    layer:
      [...kernels, ...layers, ...calls].find((name) => name === view.layer) ??
      ofFirstMap([kernels, layers, calls].find(({ length }) => length > 0) ?? [], shownColumns),
    metric: view.metric ?? firstMetric(holds(shown, ["kernels"]), hasHealth && !hasCompressed),
    has: {
      kernels: holds(shown, ["kernels"]),
      health: hasHealth,
      compressed: hasCompressed,
      drift: holds(shown, ["drift", "fidelity"]),
      structure: holds(shown, ["structure"]),
      predictions: holds(shown, ["predictions"]),
      maps: holds(shown, ["samples", ...COLUMN_KINDS]),
      evidence: holds(shown, ["map", "exchange"]),
      rows: holds(runs, OF_ROWS),
    },
  };
}

/** The kernel or layer of the first maps that have one, so that what is told of a layer is of these; else the first. */
function ofFirstMap(names: readonly string[], columns: readonly Column[]): string | undefined {
  for (const { layer } of columns) {
    const own = names.find((name) => belongs(name, layer));
    if (own !== undefined) return own;
  }
  return names[0];
}

/** Of layers that were not compressed how much they learn, of maps alone how they moved. */
function firstMetric(hasKernels: boolean, isHealth: boolean): string {
  if (isHealth) return "gradient_norm";
  return hasKernels ? "sparsity" : SIMILARITY;
}

/** Whether something is shown that is of all samples. */
function wantsAll({ view, beside, boxes }: View): boolean {
  return boxes.length > 0 || view === "overview" || beside === "overview";
}

/** Whether the view of the model shows maps: those of logs that know nothing of layers always. */
function wantsLadder(view: View, hasTables: boolean): boolean {
  const { panel } = view;
  const isOpen = panel === "stages" || (!hasTables && panel !== "focus");
  return isOpen && showsModel(view);
}

function showsModel({ view, beside }: View): boolean {
  return view === "model" || beside === "model";
}

/** The sample whose stages are shown. */
export function ladderSample({ selected, samples }: Scene): number | undefined {
  return selected[0] ?? samples[0];
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

/** The shown runs whose kernels were logged. */
export function compressed({ shown }: Scene): ShownRun[] {
  return shown.filter(({ compression }) => compression !== undefined);
}

/** The shown runs whose outputs on the validation rows were logged. */
export function evaluated({ shown }: Scene): ShownRun[] {
  return shown.filter(({ predictions }) => predictions && holdsAny(predictions, EVALUATED));
}

/** The shown runs of whose validation rows anything was logged. */
export function withRows({ shown }: Scene): ShownRun[] {
  return shown.filter((run) => holds([run], OF_ROWS));
}

/** The shown runs whose layers' health was logged. */
export function measured({ shown }: Scene): ShownRun[] {
  return shown.filter(({ health }) => health !== undefined);
}

function rowNames(shown: readonly ShownRun[], store: Store, kind: TableKind): string[] {
  return mergeNames(seriesOf(shown, store, kind).map(namesOf));
}

function seriesOf(shown: readonly ShownRun[], store: Store, kind: TableKind): Series[] {
  return shown.flatMap((run) => tableRun(run, kind).flatMap((one) => store.get(one, kind) ?? []));
}

/** Where a run's table lies, if it has one. */
function tableRun({ compression, health }: ShownRun, kind: TableKind): string[] {
  const source = kind === "health" ? health : compression;
  return source ? [source.run] : [];
}

function samplesOf(shown: readonly ShownRun[], store: Store): number[] {
  const all = new Set<number>();
  for (const { id, run, samples } of shown) {
    for (let i = 0; i < (samples?.labels.length ?? 0); i++) if (!lacks(samples, i)) all.add(i);
    for (const { samples: own } of run.groups) {
      for (const sample of own) all.add(store.sharedNumber(id, sample));
    }
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
    const { predictions } = run;
    for (const step of predictions ? store.evaluations.steps(predictions.run) : []) steps.add(step);
    for (const source of sourcesOf(run)) {
      for (const { group, kind } of source.groups) {
        if (EPOCHAL.includes(kind)) series.push(store.get(source.run, group));
      }
    }
    for (const one of series) for (const { step } of one?.points ?? []) steps.add(step);
  }
  return [...steps].sort((a, b) => a - b);
}

function pairOf(shown: readonly ShownRun[], chosen: View["difference"]): Scene["pair"] {
  const [a, b] = chosen ? chosen.map((id) => shown.find((run) => run.id === id)) : shown;
  return a && b && a !== b ? [a, b] : undefined;
}
