/** The runs of a log as the page shows them: what the callbacks write below `X` is one. */

import { namedAs } from "../analysis/called-layers.ts";
import type { Listing, Run } from "../data/listing.ts";
import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Samples } from "../format/records.ts";
import type { Structure } from "../format/structured.ts";
import { EVALUATED, TEACHER_RUN } from "../tables.ts";
import type { View } from "./view.ts";

export interface ShownRun {
  readonly id: string;
  /** Without the `/explain`, `/compression`, `/health` or `/predictions` that every run of ours ends in. */
  readonly name: string;
  readonly colour: string;
  /** Where the maps are, if there are any. */
  readonly run: Run;
  /** Where the kernels are: the run beside `run`, or `run` itself where it holds them. */
  readonly compression: Run | undefined;
  /** Where the health of layers is: the run beside `run`, or `run` itself where it holds it. */
  readonly health: Run | undefined;
  /** Where outputs on the validation rows are: the run beside `run`, or `run` itself. */
  readonly predictions: Run | undefined;
  readonly samples: Samples | undefined;
}

/** Told apart on white and on near-black. */
const COLOURS = [
  ...["#3b82d6", "#e0703a", "#2fa36f", "#a96bd0", "#d1495b", "#a98b1f", "#2ba3b5"],
  ...["#d565a5", "#8b6b55", "#7a8f2e"],
];
const GRAY = "#8a9099";

const FIRST_RUNS = 4;

/** All runs of a log. */
export function runsOf(listing: Listing, store: Store): ShownRun[] {
  const runs = joined(listing.runs);
  const isTaught = runs.some(({ name }) => name === TEACHER_RUN);
  return runs.map((one, i) => {
    const run = describe(one, i, store);
    return isTaught && isRoot(run) ? { ...run, name: "student" } : run;
  });
}

/** Whether a run lies in the log's own folder, and none of its names is one of a folder. */
export function isRoot({ id }: ShownRun): boolean {
  return !/[\\/]/.test(id);
}

/** Those of `runs` that are shown: the chosen ones, else the first. */
export function chooseRuns(runs: readonly ShownRun[], chosen: View["runs"]): ShownRun[] {
  const names = chosen ?? firstRuns(runs).map((run) => run.id);
  return runs.filter((run) => sourcesOf(run).some((source) => names.includes(source.run)));
}

/** Controls are looked at through their band; only who asks for their maps is shown them. */
function firstRuns(runs: readonly ShownRun[]): ShownRun[] {
  const models = runs.filter((run) => !isControl(run));
  return (models.length > 0 ? models : runs).slice(0, FIRST_RUNS);
}

/** Whether a run differs from its reference by chance only. */
export function isControl({ run }: ShownRun): boolean {
  return run.groups.some(
    ({ kind, content }) => (kind === "drift" || kind === "fidelity") && content.role === "control",
  );
}

/** Whether a run is that of a model which another one learns from. */
export function isTeacher({ run }: ShownRun): boolean {
  return run.groups.some(({ content }) => content.role === "teacher");
}

/** What the runs of ours end in, one for each callback. */
const ROOMS = ["explain", "compression", "health", "predictions"] as const;
type Rooms = { readonly [R in (typeof ROOMS)[number]]?: Run };

interface Named {
  readonly name: string;
  readonly rooms: Rooms;
}

/**
 * `X/explain`, `X/compression`, `X/health` and `X/predictions` are one run to the viewer; any other
 * one stands alone.
 * Where TensorBoard runs on Windows its runs are `X\explain`; they are shown as anywhere else.
 */
function joined(runs: readonly Run[]): Named[] {
  const found = new Map<string, Named>();
  for (const run of runs) {
    const [, folder, last] = run.run.match(/^(?:(.+)[\\/])?([^\\/]+)$/) ?? [];
    const room = ROOMS.find((name) => name === last);
    const key = room ? (folder ?? "") : `${run.run}\n`;
    const known = found.get(key);
    const name = room ? (folder ?? (known ? "run" : run.run)) : run.run;
    const rooms = { ...known?.rooms, [room ?? "explain"]: run };
    found.set(key, { name: name.replaceAll("\\", "/"), rooms });
  }
  return [...found.values()];
}

function describe({ name, rooms }: Named, index: number, store: Store): ShownRun {
  const { explain, compression, health, predictions } = rooms;
  const run = explain ?? compression ?? health ?? (predictions as Run);
  const holding = (...kinds: string[]): Run | undefined => (holdsAny(run, kinds) ? run : undefined);
  return {
    id: run.run,
    name,
    colour: COLOURS[index] ?? GRAY,
    run,
    compression: compression ?? holding("kernels"),
    health: health ?? holding("health"),
    predictions: predictions ?? holding(...EVALUATED),
    samples: recordsOf(store.get(run.run, "samples"), "samples").at(-1),
  };
}

/** The runs of the log that one shown run is made of; their names are the store's keys. */
export function sourcesOf({ run, compression, health, predictions }: ShownRun): readonly Run[] {
  return [...new Set([run, compression, health, predictions])].filter((one) => one !== undefined);
}

/** The graphs of these runs' layers, by whichever callback logged each; the first one's names are the page's. */
export function structuresOf(
  shown: readonly ShownRun[],
  store: Store,
): ReadonlyMap<string, Structure> {
  const found = new Map<string, Structure>();
  let first: Structure | undefined;
  for (const run of shown) {
    const logged = sourcesOf(run).map((source) => store.get(source.run, "structure"));
    const [own] = logged.flatMap((series) => recordsOf(series, "structure").slice(-1));
    first ??= own;
    if (own && first) found.set(run.id, own === first ? own : namedAs(own, first));
  }
  return found;
}

/** Whether any of these runs has a record of one of these kinds. */
export function holds(shown: readonly ShownRun[], kinds: readonly string[]): boolean {
  return shown.some((run) => sourcesOf(run).some((source) => holdsAny(source, kinds)));
}

export function holdsAny({ groups }: Run, kinds: readonly string[]): boolean {
  return groups.some(({ kind }) => kinds.includes(kind));
}
