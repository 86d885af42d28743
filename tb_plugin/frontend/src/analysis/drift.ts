/** Drift in the log: what was compared with what, at the playhead's epoch and over all. */

import type { Group } from "../data/listing.ts";
import { knownAt, type Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Drift } from "../format/compressed.ts";
import type { Predictions } from "../format/records.ts";
import { isRoot, type ShownRun } from "../state/runs.ts";
import { TEACHER, TEACHER_RUN } from "../tables.ts";
import {
  type Band,
  bandOf,
  chooseMeasure,
  meanOf,
  type Score,
  scoresOf,
  splitOf,
} from "./drift-scores.ts";
import { type Dated, withEpoch } from "./epochs.ts";
import { memoBy } from "./memo.ts";
import { unwrapped } from "./wrappers.ts";

/** One explainer at one layer, whatever wrappers a run has around that layer. */
export interface ExplainedLayer {
  readonly key: string;
  readonly explainer: string;
  readonly layer: string;
}

/** How one run's maps differ from the reference's at one epoch. */
export interface Moved extends Dated {
  readonly run: ShownRun;
  readonly step: number;
  readonly drift: Drift;
  readonly scores: readonly Score[];
  /** The group of the maps that were compared. */
  readonly maps: string;
}

/** Where drift was measured in any shown run. */
export function explainedLayers(shown: readonly ShownRun[]): ExplainedLayer[] {
  const layers = new Map<string, ExplainedLayer>();
  for (const { explainer, layer } of shown.flatMap(driftGroups)) {
    const inner = unwrapped(layer);
    const key = `${explainer}/${inner}`;
    if (!layers.has(key)) layers.set(key, { key, explainer, layer: inner });
  }
  return [...layers.values()];
}

function driftGroups({ run }: ShownRun): Group[] {
  return run.groups.filter(({ kind }) => kind === "drift");
}

/** The chosen layer; else the first class activation map, which is read most easily. */
export function chooseLayer(
  layers: readonly ExplainedLayer[],
  wanted: string,
): ExplainedLayer | undefined {
  const chosen = layers.find(({ key }) => key === wanted);
  return chosen ?? layers.find(({ explainer }) => /cam/i.test(explainer)) ?? layers[0];
}

interface Measured {
  readonly group: Group;
  readonly series: Series;
}

/** A run's drift at an explained layer, undefined where there is none or it is not loaded yet. */
function measured(run: ShownRun, { key }: ExplainedLayer, store: Store): Measured | undefined {
  const group = driftGroups(run).find((g) => `${g.explainer}/${unwrapped(g.layer)}` === key);
  const series = group && store.get(run.id, group.group);
  return group && series && { group, series };
}

/** The names of all measures at an explained layer. */
export function measuresOf(
  shown: readonly ShownRun[],
  explained: ExplainedLayer,
  store: Store,
): string[] {
  const records = shown.flatMap((run) => driftsOf(measured(run, explained, store)?.series));
  return [...new Set(records.flatMap(({ drift }) => drift.measures))];
}

function driftsOf(series: Series | undefined): { step: number; drift: Drift }[] {
  return (series?.points ?? []).flatMap(({ step, record }) =>
    record?.kind === "drift" ? [{ step, drift: record }] : [],
  );
}

/** The first epoch with drift there, and whether it is itself the reference. */
export function startOf(shown: readonly ShownRun[], explained: ExplainedLayer, store: Store) {
  const firsts = shown.flatMap((run) => {
    const first = driftsOf(measured(run, explained, store)?.series)[0];
    return first
      ? [{ step: first.step, isReference: first.drift.referenceStep === first.step }]
      : [];
  });
  return firsts.sort((a, b) => a.step - b.step)[0];
}

/** What each run has at an epoch; runs without drift until then are left out. */
export function movedAt(
  runs: readonly ShownRun[],
  store: Store,
  explained: ExplainedLayer,
  measure: string,
  step: number,
): Moved[] {
  return runs.flatMap((run) => {
    const own = measured(run, explained, store);
    const { record: drift, step: at, isNow } = knownAt(own?.series, "drift", step);
    if (!own || !drift || at === undefined) return [];
    const name = `${own.group.explainer}/${own.group.layer}`;
    const isAttention = run.run.groups.some(({ group }) => group === `matrix/${name}`);
    const maps = `${isAttention ? "matrix" : "map"}/${name}`;
    return [{ run, step: at, isNow, drift, scores: scoresBy(drift, measure), maps }];
  });
}

/** Scrubbing comes by the same records again and again. */
const scoresBy = memoBy((drift: Drift, measure: string): readonly Score[] =>
  scoresOf(drift, measure),
);

/** A band of normal variation, and whose it is. */
export interface ControlBand extends Band {
  readonly names: readonly string[];
  /** Of which epochs the controls are, where these are not the playhead's. */
  readonly from: string;
}

export function controlsOf(moved: readonly Moved[]): Moved[] {
  return moved.filter(({ drift }) => drift.role === "control");
}

/** What a run was compared with, as runs are named: a comparison's lie in one folder, a teacher's in its student's. */
export function referenceOf({ run, drift }: { run: ShownRun; drift: Drift }): string {
  if (drift.reference === TEACHER) return isRoot(run) ? TEACHER_RUN : `${run.name}/${TEACHER_RUN}`;
  return run.name.slice(0, run.name.lastIndexOf("/") + 1) + drift.reference;
}

/**
 * The controls' bands by what they were compared with: another reference varies otherwise. Only
 * samples count whose prediction stayed, as in `Comparison.band`.
 */
export function bandsOf(controls: readonly Moved[]): Map<string, ControlBand> {
  const bands = new Map<string, ControlBand>();
  for (const reference of new Set(controls.map(referenceOf))) {
    const own = controls.filter((control) => referenceOf(control) === reference);
    const band = bandOf(own.flatMap(({ scores }) => splitOf(scores).agreeing));
    const names = own.map(({ run }) => run.name);
    if (band) bands.set(reference, { ...band, names, from: withEpoch("", ...own) });
  }
  return bands;
}

/** The band of a reference; of one that is a control itself, the band that it is part of. */
export function bandFor(
  bands: ReadonlyMap<string, ControlBand>,
  reference: string,
): ControlBand | undefined {
  const own = bands.get(reference);
  return own ?? [...bands.values()].find(({ names }) => names.includes(reference));
}

/** What the reference of a run's drift predicted: an epoch of the run itself, or another run. */
export function referencePredictions(
  moved: Moved,
  shown: readonly ShownRun[],
  store: Store,
): Predictions | undefined {
  const { run, drift, step } = moved;
  const epoch = drift.referenceStep;
  const of = epoch === undefined ? shown.find(({ name }) => name === referenceOf(moved)) : run;
  const at = epoch ?? step;
  const known = of && knownAt(store.get(of.id, "predictions"), "predictions", at);
  return known?.isNow ? known.record : undefined;
}

export interface DriftCurve {
  readonly run: ShownRun;
  /** Epoch and mean over the samples whose prediction agrees. */
  readonly points: readonly (readonly [number, number])[];
  readonly references: readonly string[];
  /** The keys of their bands. */
  readonly bands: readonly string[];
}

/** Each shown model's similarity to its reference over epochs. */
export function driftCurves(
  shown: readonly ShownRun[],
  store: Store,
  explained: ExplainedLayer,
  measure: string,
): DriftCurve[] {
  return shown.flatMap((run) => {
    const drifts = driftsOf(measured(run, explained, store)?.series);
    const own = drifts.filter(({ drift }) => drift.role === "model");
    if (own.length === 0) return [];
    const points = own.map(({ step, drift }): [number, number] => {
      return [step, meanOf(splitOf(scoresBy(drift, measure)).agreeing)];
    });
    // Where no prediction stayed, or all maps are zero, the reference alone has a value: its own.
    const told = points.filter(([, value]) => Number.isFinite(value));
    if (told.length === 0 || (told.length === 1 && points.length > 1)) return [];
    const references = [...new Set(own.map(({ drift }) => drift.reference))];
    const bands = [...new Set(own.map(({ drift }) => referenceOf({ run, drift })))];
    return [{ run, points, references, bands }];
  });
}

/** What a view asks for, made of what there is. */
export function driftChoice(
  shown: readonly ShownRun[],
  store: Store,
  wanted: { readonly drift: string; readonly measure: string },
) {
  const layers = explainedLayers(shown);
  const explained = chooseLayer(layers, wanted.drift);
  if (!explained) return undefined;
  const measures = measuresOf(shown, explained, store);
  return { layers, explained, measures, measure: chooseMeasure(measures, wanted.measure) };
}

export type DriftChoice = NonNullable<ReturnType<typeof driftChoice>>;

/** Where predictions were compared, and no maps. */
export const NO_DRIFT: DriftChoice = {
  layers: [],
  explained: { key: "", explainer: "", layer: "" },
  measures: [],
  measure: "spearman",
};
