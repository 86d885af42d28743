/** What a viewer should know before believing the page: what is missing, failed or unreadable. */

import { costOf, spentText } from "../analysis/costs.ts";
import { epochText, keptEpochs, unitOf } from "../analysis/epochs.ts";
import { isTable } from "../analysis/kernels.ts";
import { weightsText, whenText } from "../analysis/moments.ts";
import { plural } from "../analysis/numbers.ts";
import { countOthers } from "../analysis/same-samples.ts";
import { recordsOf, type Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import { type ShownRun, sourcesOf } from "./runs.ts";
import type { Scene } from "./scene.ts";

export interface Note {
  /** What was left out did not fail: it is not there, and nowhere else is it said why. */
  readonly level: "info" | "warning" | "left out";
  readonly run: string;
  readonly text: string;
}

const MOST_NAMES = 3;
const MOST_SAMPLES = 8;

/** What was left out comes first: who misses it looks for the reason. */
export function notesOf(scene: Scene, store: Store): Note[] {
  const notes = scene.shown.flatMap((run) => [
    ...keptNotes(run, store),
    ...weightsNotes(run, store),
    ...otherSampleNotes(run, scene),
    ...problemNotes(run, store),
    ...unreadableNotes(run, scene, store),
    ...budgetNotes(run, store),
  ]);
  const isLeftOut = ({ level }: Note): boolean => level === "left out";
  return [
    ...heldNotes(store),
    ...merged(notes.filter(isLeftOut)),
    ...notes.filter((note) => !isLeftOut(note)),
  ];
}

function heldNotes({ listing }: Store): Note[] {
  return listing?.held ? [{ level: "info", run: "report", text: listing.held }] : [];
}

/** Runs of one model leave out the same, which is said once. */
function merged(notes: readonly Note[]): Note[] {
  const runs = new Map<string, string[]>();
  for (const { run, text } of notes) runs.set(text, [...(runs.get(text) ?? []), run]);
  return [...runs].map(([text, names]) => ({ level: "left out", run: listed(names), text }));
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function keptNotes({ id, name }: ShownRun, store: Store): Note[] {
  const series = store.get(id, "predictions");
  if (!series) return [];
  const steps = series.points.map((point) => point.step);
  const { kept, explained } = keptEpochs(steps, recordsOf(series, "predictions"));
  if (kept >= explained) return [];
  const remedy =
    "TensorBoard samples long series; start it with --tfexplain_samples=0 to keep all.";
  return [
    {
      level: "info",
      run: name,
      text: `${kept} of ${plural(explained, unitOf(steps) < 1 ? "time" : "epoch")} kept. ${remedy}`,
    },
  ];
}

/** Epochs whose maps or kernels are of other weights than those that the epoch ended with. */
function weightsNotes(shown: ShownRun, store: Store): Note[] {
  const texts = sourcesOf(shown).flatMap(({ run }) => [
    ...weightsTexts(store.get(run, "predictions"), "maps"),
    ...weightsTexts(store.get(run, "kernels"), "kernels"),
    ...weightsTexts(store.get(run, "health"), "health"),
  ]);
  return texts.map((text) => ({ level: "info", run: shown.name, text }));
}

function weightsTexts(series: Series | undefined, what: string): string[] {
  return (series?.points ?? []).flatMap(({ step, record }) => {
    const isDated = record?.kind === "predictions" || isTable(record);
    return isDated && weightsText(record, step) ? [`${what} of ${whenText(record, step)}`] : [];
  });
}

/** Runs that do not explain what the first one does, sample by sample. */
function otherSampleNotes({ name, samples }: ShownRun, { shown: [first] }: Scene): Note[] {
  const { others, known } = countOthers(first?.samples, samples);
  if (others === 0) return [];
  const which = others === known ? `All ${known} samples` : `${others} of ${known} samples`;
  const text = `${which} are others than those of ${first?.name}: no difference is made of them.`;
  return [{ level: "warning", run: name, text }];
}

/** Problems are counted over the whole training, so the last status knows them all. */
function problemNotes(shown: ShownRun, store: Store): Note[] {
  const { name } = shown;
  const problems = sourcesOf(shown).flatMap(
    ({ run }) => recordsOf(store.get(run, "status"), "status").at(-1)?.problems ?? [],
  );
  return problems.map(({ kind, count, message, step, isLeftOut }) => {
    if (isLeftOut) return { level: "left out", run: name, text: `${kind} is left out: ${message}` };
    const often = `${plural(count, "time")}, last at epoch ${epochText(step)}`;
    return { level: "warning", run: name, text: `${kind}, ${often}: ${message}` };
  });
}

/** Why epochs are missing, where a budget left them out. */
function budgetNotes({ id, name }: ShownRun, store: Store): Note[] {
  const cost = costOf(store.get(id, "status"));
  if (cost?.budget === undefined || cost.explained >= cost.epochs) return [];
  return [{ level: "info", run: name, text: spentText(cost) }];
}

function unreadableNotes(run: ShownRun, scene: Scene, store: Store): Note[] {
  const texts: string[] = [];
  for (const source of sourcesOf(run)) {
    texts.push(...source.problems.map((problem) => `not shown: ${problem}`));
    for (const { group, samples } of source.groups) {
      if (samples.length === 0) texts.push(...errorsOf(store.get(source.run, group), group));
    }
  }
  for (const { group } of scene.shownColumns) {
    for (const sample of scene.samples) {
      texts.push(...errorsOf(store.get(run.id, group, sample), `${group}/${sample}`));
    }
  }
  texts.push(...pictureErrors(run, store));
  return texts.map((text) => ({ level: "warning", run: run.name, text }));
}

/** Pictures that are not shown for one reason are told of together. */
function pictureErrors({ id }: ShownRun, store: Store): string[] {
  const samples = new Map<string, number[]>();
  for (const { run, sample, why } of store.pictures.errors.values()) {
    if (run === id)
      samples.set(why, [...(samples.get(why) ?? []), store.sharedNumber(run, sample)]);
  }
  return [...samples].map(([why, numbers]) => {
    const more = numbers.length - MOST_SAMPLES;
    const told = numbers.slice(0, MOST_SAMPLES).join(", ") + (more > 0 ? ` and ${more} more` : "");
    const what = numbers.length > 1 ? "pictures of samples" : "picture of sample";
    return `not shown: ${what} ${told}: ${why}`;
  });
}

function errorsOf(series: Series | undefined, tag: string): string[] {
  const failed = series?.points.filter((point) => !point.record) ?? [];
  return failed.map(({ step, error }) => `not shown: ${tag} at epoch ${epochText(step)}: ${error}`);
}
