/** What the page calls kernels and layers that only Keras' counting tells from another run's. */

import { sameByOrder } from "../analysis/automatic-names.ts";
import { calledRows, namesOf } from "../analysis/kernels.ts";
import type { Series } from "./series.ts";

export class CalledRows {
  private names: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();

  /** Call the kernels, or the layers, of all runs as the first one does. */
  match(runs: ReadonlyMap<string, Series>): void {
    const [first] = runs.values();
    const names = new Map<string, ReadonlyMap<string, string>>();
    for (const [run, series] of runs) {
      if (!first || series === first) continue;
      const same = sameByOrder(namesOf(first), namesOf(series));
      // The same object as long as it says the same: what is made of it is kept by it.
      const known = this.names.get(run);
      const isKnown = known && [...known].join() === [...same].join();
      if (same.size > 0) names.set(run, isKnown ? known : same);
    }
    this.names = names;
  }

  /** A run's series as the page calls its rows. */
  of(run: string, series: Series): Series {
    const names = this.names.get(run);
    return names ? calledRows(series, names) : series;
  }
}
