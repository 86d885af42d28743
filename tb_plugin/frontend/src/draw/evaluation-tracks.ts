/** Totals of the predictions on the validation rows over epochs, with intervals where they have any. */

import { totalsOf } from "../analysis/evaluated-totals.ts";
import { percent, short } from "../analysis/numbers.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { evaluated } from "../state/scene.ts";
import { estimatesCurve } from "./estimates-curve.ts";
import type { Track } from "./tracks.ts";

interface Total {
  readonly name: string;
  /** Its name where that is no text. */
  readonly title?: string;
  /** What the table of values has room for; Keras' own number stands there by its own name. */
  readonly row: string;
  readonly isShare?: boolean;
  /** What Keras calls it, where it reports it. */
  readonly reported: RegExp;
}

/** Those first that are drawn where the view of the rows is open, unless Keras reports them. */
const TOTALS: readonly Total[] = [
  { name: "accuracy", row: "accuracy, rows", isShare: true, reported: /acc/ },
  { name: "mean_absolute_error", row: "mean abs. error", reported: /mae|absolute_error/ },
  { name: "calibration_error", row: "calibration error", reported: /calibration/ },
  { name: "r2", title: "R2", row: "R2, rows", reported: /r2/ },
  { name: "macro_f1", title: "macro F1", row: "macro F1", reported: /f1/ },
  { name: "mean_iou", title: "mean IoU", row: "mean IoU", reported: /iou/i },
  { name: "log_loss", row: "log loss", reported: /crossentropy/ },
  { name: "auc", title: "AUC", row: "AUC, rows", reported: /auc/ },
  { name: "average_precision", row: "avg. precision", reported: /precision/ },
  { name: "root_mean_squared_error", row: "RMSE", reported: /squared_error/ },
];

/** `metrics` are the tracks of what Keras reports. */
export function evaluationTracks(dashboard: Dashboard, metrics: readonly Track[]): Track[] {
  const { scene, store, view } = dashboard;
  const isOpen = view.view === "data" || view.beside === "data";
  const known = evaluated(scene).map((run) => ({
    run,
    totals: totalsOf(store.evaluations.totals(run.predictions?.run ?? "")).totals,
  }));
  const there = TOTALS.filter(({ name }) => known.some(({ totals }) => totals.has(name)));
  const isReported = ({ reported }: Total): boolean =>
    metrics.some(({ name }) => reported.test(name));
  const usual = there.find((total) => !isReported(total));
  return there.map((total): Track => {
    const { name, title = name.replaceAll("_", " "), row, isShare = false } = total;
    const curves = known.flatMap(({ run, totals }) =>
      estimatesCurve(run, row, totals.get(name) ?? []),
    );
    return {
      ...{ name: `rows-${name}`, curves, settles: true, isExtra: !isOpen || total !== usual },
      title: `${title}, validation rows`,
      tell: isShare ? percent : short,
    };
  });
}
