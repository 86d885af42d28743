/** What runs say of the importance of an input's features at the playhead. */

import type { Evaluation } from "../../analysis/evaluation.ts";
import type { Dependence } from "../../format/dependent.ts";
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
  /** What could not be measured, and why. */
  readonly leftOut: readonly (readonly [what: string, why: string])[];
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
    const place = placesOf(run, ["importance"]).find(({ layer }) => layer === input);
    const leftOut = Object.entries(place?.settings ?? {});
    return [{ run, record, step, epochs, leftOut, classText: classTeller(run, evaluation) }];
  });
}

export interface DependentRun extends Pick<RankedRun, "run" | "classText"> {
  readonly record: Dependence;
}

/** Those of which it is known until the playhead how outputs follow features. */
export function dependentRuns(
  dashboard: Dashboard,
  runs: readonly EvaluatedRun[],
  input: string,
): DependentRun[] {
  return runs.flatMap(({ run, evaluation }) => {
    const { record } = recordedAt(dashboard, run, "dependence", input);
    return record ? [{ run, record, classText: classTeller(run, evaluation) }] : [];
  });
}

/** What a class is called: as the evaluation calls it, else as the samples do. */
export function classTeller(
  { samples }: ShownRun,
  evaluation: Evaluation | undefined,
): (index: number) => string {
  return (index) =>
    evaluation?.classes.find((one) => one.index === index)?.name ??
    samples?.classNames[index] ??
    String(index);
}
