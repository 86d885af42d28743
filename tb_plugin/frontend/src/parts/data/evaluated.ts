/** The evaluations of the shown runs at the playhead. */

import { type EvaluatedRow, type Evaluation, readEvaluation } from "../../analysis/evaluation.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { evaluated } from "../../state/scene.ts";

export interface EvaluatedRun {
  readonly run: ShownRun;
  /** The epoch that it is of. */
  readonly step: number | undefined;
  readonly evaluation: Evaluation | undefined;
  /** Why there is none. */
  readonly why: string;
  readonly isLoading: boolean;
}

/** Runs that stand beside each other in full. */
const MOST_BESIDE = 2;

export function evaluatedRuns({ scene, store, step }: Dashboard): EvaluatedRun[] {
  return evaluated(scene).map((run) => {
    const known = store.evaluations.at(run.predictions?.run ?? "", step);
    const { answer } = known;
    const isThere = typeof answer === "object" && answer !== null;
    return {
      run,
      step: known.step,
      evaluation: isThere ? readEvaluation(answer) : undefined,
      why: known.error || (known.step === undefined ? "none until this epoch" : "being computed…"),
      isLoading: known.isLoading,
    };
  });
}

/** Two at most: those whose difference the page shows, else the first. */
export function compared(all: readonly EvaluatedRun[], { scene }: Dashboard): EvaluatedRun[] {
  const pair = (scene.pair ?? []).flatMap((run) => all.find((one) => one.run.id === run.id) ?? []);
  return pair.length === MOST_BESIDE ? pair : all.slice(0, MOST_BESIDE);
}

/** The page's number of the sample that a row is explained as, where it is. */
export function explainedSample({ scene }: Dashboard, hash: string): number | undefined {
  for (const { samples } of scene.shown) {
    const at = samples?.hashes?.indexOf(hash) ?? -1;
    if (at >= 0) return at;
  }
  return undefined;
}

/** Choose a row, and with it the sample that it is explained as. */
export function chooseRow(dashboard: Dashboard, row: EvaluatedRow | undefined): void {
  const sample = row && explainedSample(dashboard, row.hash);
  dashboard.update({ row: row?.row, ...(sample === undefined ? {} : { samples: [sample] }) });
}

/** Show the maps of a sample. */
export function openSample(dashboard: Dashboard, sample: number): void {
  dashboard.update({ view: "samples", samples: [sample], filter: "all", opened: undefined });
}
