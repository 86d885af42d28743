/** The evaluations of the shown runs at the playhead. */

import { type Evaluation, readEvaluation } from "../../analysis/evaluation.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { withRows } from "../../state/scene.ts";

export interface EvaluatedRun {
  readonly run: ShownRun;
  /** The epoch that it is of. */
  readonly step: number | undefined;
  readonly evaluation: Evaluation | undefined;
  /** Why there is none. */
  readonly why: string;
  readonly isLoading: boolean;
}

const NOTHING = {
  ...{ step: undefined, evaluation: undefined, isLoading: false },
  why: "no predictions on validation rows",
};

/** Runs that stand beside each other in full. */
const MOST_BESIDE = 2;

/** Two at most: those whose difference the page shows, else the first. */
export function comparedRuns({ scene }: Dashboard): readonly ShownRun[] {
  const all = withRows(scene);
  const pair = (scene.pair ?? []).flatMap(({ id }) => all.find((run) => run.id === id) ?? []);
  return pair.length === MOST_BESIDE ? pair : all.slice(0, MOST_BESIDE);
}

/** What is known of these; what is not there yet is fetched. */
export function evaluatedRuns(
  { store, step }: Dashboard,
  runs: readonly ShownRun[],
): EvaluatedRun[] {
  return runs.map((run) => {
    if (!run.predictions) return { run, ...NOTHING };
    const known = store.evaluations.at(run.predictions.run, step);
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

/** The page's number of the sample that a row is explained as, where it is. */
export function explainedSample({ scene }: Dashboard, hash: string): number | undefined {
  for (const { samples } of scene.shown) {
    const at = samples?.hashes?.indexOf(hash) ?? -1;
    if (at >= 0) return at;
  }
  return undefined;
}

/** Choose a row, and with it the sample that it is explained as. */
export function chooseRow(
  dashboard: Dashboard,
  row: { readonly row: number; readonly hash: string } | undefined,
): void {
  const sample = row && explainedSample(dashboard, row.hash);
  dashboard.update({ row: row?.row, ...(sample === undefined ? {} : { samples: [sample] }) });
}

/** Show the maps of a sample. */
export function openSample(dashboard: Dashboard, sample: number): void {
  dashboard.update({ view: "samples", samples: [sample], filter: "all", opened: undefined });
}
