/** What runs say of the importance of an input's features at the playhead. */

import type { Importance } from "../../format/ranked.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { EvaluatedRun } from "./evaluated.ts";
import { placesOf, recordedAt, recordedSeries } from "./recorded.ts";

export interface RankedRun {
  readonly run: ShownRun;
  readonly record: Importance;
  /** Of which epoch it is. */
  readonly step: number;
  /** All that is known, in rising order of epochs. */
  readonly epochs: readonly (readonly [step: number, record: Importance])[];
  readonly classText: (index: number) => string;
}

/** The inputs of which any of the runs has records of these kinds. */
export function inputsOf(runs: readonly EvaluatedRun[], kinds: readonly string[]): string[] {
  const all = runs.flatMap(({ run }) => placesOf(run, kinds).map(({ layer }) => layer));
  return [...new Set(all)];
}

/** Those of which something is known until the playhead. */
export function rankedRuns(
  dashboard: Dashboard,
  runs: readonly EvaluatedRun[],
  input: string,
): RankedRun[] {
  return runs.flatMap(({ run, evaluation }) => {
    const { record, step } = recordedAt(dashboard, run, "importance", input);
    if (!record || step === undefined) return [];
    const series = recordedSeries(dashboard, run, "importance", input);
    const epochs = (series?.points ?? []).flatMap(({ record: own, step: at }) =>
      own?.kind === "importance" ? [[at, own] as const] : [],
    );
    const classText = (index: number): string =>
      evaluation?.classes.find((one) => one.index === index)?.name ??
      run.samples?.classNames[index] ??
      String(index);
    return [{ run, record, step, epochs, classText }];
  });
}
