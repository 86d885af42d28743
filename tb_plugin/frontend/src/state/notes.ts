/** What a viewer should know before believing the page: what is missing, failed or unreadable. */

import { costOf, spentText } from "../analysis/costs.ts";
import { keptOf } from "../analysis/kept.ts";
import { plural } from "../analysis/numbers.ts";
import { recordsOf, type Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import { type Scene, type ShownRun, sourcesOf } from "./scene.ts";

export interface Note {
  readonly level: "info" | "warning";
  readonly run: string;
  readonly text: string;
}

export function notesOf(scene: Scene, store: Store): Note[] {
  return scene.shown.flatMap((run) => [
    ...keptNotes(run, store),
    ...problemNotes(run, store),
    ...unreadableNotes(run, scene, store),
    ...budgetNotes(run, store),
  ]);
}

function keptNotes({ id, name }: ShownRun, store: Store): Note[] {
  const series = store.get(id, "predictions");
  if (!series) return [];
  const steps = series.points.map((point) => point.step);
  const { kept, explained } = keptOf(steps, recordsOf(series, "predictions"));
  if (kept >= explained) return [];
  const remedy =
    "TensorBoard samples long series; start it with --tfexplain_samples=0 to keep all.";
  return [{ level: "info", run: name, text: `${kept} of ${explained} epochs kept. ${remedy}` }];
}

/** Problems are counted over the whole training, so the last status knows them all. */
function problemNotes(shown: ShownRun, store: Store): Note[] {
  const { name } = shown;
  const problems = sourcesOf(shown).flatMap(
    ({ run }) => recordsOf(store.get(run, "status"), "status").at(-1)?.problems ?? [],
  );
  return problems.map(({ kind, count, message, step }) => ({
    level: "warning",
    run: name,
    text: `${kind}, ${plural(count, "time")}, last at epoch ${step}: ${message}`,
  }));
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
  for (const [key, error] of store.pictures.errors) {
    if (key.startsWith(`${run.id}\n`)) texts.push(`not shown: ${error}`);
  }
  return texts.map((text) => ({ level: "warning", run: run.name, text }));
}

function errorsOf(series: Series | undefined, tag: string): string[] {
  const failed = series?.points.filter((point) => !point.record) ?? [];
  return failed.map(({ step, error }) => `not shown: ${tag} at epoch ${step}: ${error}`);
}
