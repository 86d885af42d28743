/** The runs of a log as the page shows them: `X/explain` and `X/compression` are one. */

import type { Listing, Run } from "../data/listing.ts";
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

/** Told apart on white and on near-black. */
const COLOURS = [
  ...["#3b82d6", "#e0703a", "#2fa36f", "#a96bd0", "#d1495b", "#a98b1f", "#2ba3b5"],
  ...["#d565a5", "#8b6b55", "#7a8f2e"],
];
const GRAY = "#8a9099";

const FIRST_RUNS = 4;

/** All runs of a log. */
export function runsOf(listing: Listing, store: Store): ShownRun[] {
  return pairUp(listing.runs).map((pair, i) => describe(pair, i, store));
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

/** Whether any of these runs has a record of one of these kinds. */
export function holds(shown: readonly ShownRun[], kinds: readonly string[]): boolean {
  return shown.some((run) => sourcesOf(run).some((source) => holdsAny(source, kinds)));
}

function holdsAny({ groups }: Run, kinds: readonly string[]): boolean {
  return groups.some(({ kind }) => kinds.includes(kind));
}
