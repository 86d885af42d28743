/** What is there to show, and what of it is shown: derived from listing, records and view. */

import type { Group, Listing, Run } from "../data/listing.ts";
import { recordsOf } from "../data/series.ts";
import type { Store, Want } from "../data/store.ts";
import { estimate } from "../data/store.ts";
import type { Samples } from "../format/records.ts";
import type { View } from "./view.ts";

export interface ShownRun {
  readonly id: string;
  /** Without the `/explain` that every run of ours ends in. */
  readonly name: string;
  readonly colour: string;
  readonly run: Run;
  readonly samples: Samples | undefined;
}

export interface Column {
  readonly group: string;
  readonly kind: "map" | "channels";
  readonly explainer: string;
  readonly layer: string;
  readonly unit: string;
  readonly signed: boolean;
}

export interface Scene {
  readonly runs: readonly ShownRun[];
  readonly shown: readonly ShownRun[];
  readonly columns: readonly Column[];
  readonly shownColumns: readonly Column[];
  readonly samples: readonly number[];
  readonly selected: readonly number[];
  readonly steps: readonly number[];
  /** The largest magnitude by group (maps) or by `group\nchannel`. */
  readonly limits: ReadonlyMap<string, number>;
  readonly pair: readonly [ShownRun, ShownRun] | undefined;
}

export const EMPTY_SCENE: Scene = {
  runs: [],
  shown: [],
  columns: [],
  shownColumns: [],
  samples: [],
  selected: [],
  steps: [],
  limits: new Map(),
  pair: undefined,
};

/** Told apart on white and on near-black. */
const COLOURS = ["#3b82d6", "#e0703a", "#2fa36f", "#a96bd0", "#d1495b", "#a98b1f", "#2ba3b5"];
const GRAY = "#8a9099";
const FIRST_RUNS = 4;
const FIRST_MAPS = 4;
const FIRST_SAMPLES = 2;
const WHOLE_GROUP_BYTES = 64 << 20;

export function deriveScene(listing: Listing, store: Store, view: View): Scene {
  const runs = listing.runs.map((run, i) => describe(run, i, store));
  const names = view.runs ?? runs.slice(0, FIRST_RUNS).map((run) => run.id);
  const shown = runs.filter((run) => names.includes(run.id));
  const columns = columnsOf(shown);
  const shownColumns = chooseColumns(columns, view.groups);
  const samples = samplesOf(shown);
  const chosen = view.samples ?? samples.slice(0, FIRST_SAMPLES);
  return {
    runs,
    shown,
    columns,
    shownColumns,
    samples,
    selected: samples.filter((sample) => chosen.includes(sample)),
    steps: stepsOf(shown, shownColumns, samples, store),
    limits: limitsOf(shown, shownColumns, samples, store),
    pair: pairOf(shown, view.difference),
  };
}

function describe(run: Run, index: number, store: Store): ShownRun {
  return {
    id: run.run,
    name: run.run.replace(/(?<=.)\/explain$/, ""),
    colour: COLOURS[index] ?? GRAY,
    run,
    samples: recordsOf(store.get(run.run, "samples"), "samples").at(-1),
  };
}

function columnsOf(shown: readonly ShownRun[]): Column[] {
  const columns = new Map<string, Column>();
  for (const { group, kind, explainer, layer, content } of shown.flatMap((s) => s.run.groups)) {
    if ((kind !== "map" && kind !== "channels") || columns.has(group)) continue;
    const { unit, signed } = content;
    columns.set(group, { group, kind, explainer, layer, unit, signed });
  }
  const found = [...columns.values()];
  const explainers = [...new Set(found.map(({ explainer }) => explainer))];
  // Maps first: channels are the widest, and answer a later question.
  const rank = ({ kind, explainer }: Column): number =>
    (kind === "map" ? 0 : explainers.length) + explainers.indexOf(explainer);
  const place = ({ explainer, layer }: Column): number => layersOf(shown, explainer).indexOf(layer);
  return found.sort((a, b) => rank(a) - rank(b) || place(a) - place(b));
}

/** An explainer's layers in the model's order, which its settings give: `at conv1, conv2; ...`. */
function layersOf(shown: readonly ShownRun[], explainer: string): readonly string[] {
  const settings = shown.map(({ samples }) => samples?.settings[explainer]).find(Boolean);
  return settings?.match(/^at ([^;]+)/)?.[1]?.split(", ") ?? [];
}

function chooseColumns(columns: readonly Column[], chosen: View["groups"]): Column[] {
  if (chosen) return columns.filter((column) => chosen.includes(column.group));
  const maps = columns.filter((column) => column.kind === "map").slice(0, FIRST_MAPS);
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
  for (const { id } of shown) {
    const series = [store.get(id, "metrics"), store.get(id, "predictions")];
    for (const { group } of columns) series.push(store.get(id, group, samples[0]));
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

/** What has to be fetched for a scene: whole groups, or the selected samples of heavy ones. */
export function wantsOf(scene: Scene, kept: number | undefined): Want[] {
  const shown = new Set(scene.shownColumns.map((column) => column.group));
  return scene.shown.flatMap(({ id, run }) =>
    run.groups
      .filter(({ kind, group }) => (kind !== "map" && kind !== "channels") || shown.has(group))
      .map((group) => wantOf(id, group, scene, kept)),
  );
}

function wantOf(run: string, group: Group, scene: Scene, kept: number | undefined): Want {
  const whole: Want = { run, group, samples: [] };
  if (estimate(whole, kept) < WHOLE_GROUP_BYTES) return whole;
  const samples = group.samples.filter((sample) => scene.selected.includes(sample));
  return { ...whole, samples };
}
