/**
 * The scales of a scene: one for a sample over the shown runs and epochs, one for all samples. Maps
 * of teachers have theirs: they are of other layers, whose values lie in another range.
 */

import { isNoise, type Scale, scaleOf, shareAbove } from "../analysis/magnitudes.ts";
import { type ClassChoice, hasTwoClasses, ofClass, otherMap } from "../analysis/two-classes.ts";
import { recordsOf } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import { type AttributionMap, asMap } from "../format/maps.ts";
import type { Column } from "./columns.ts";
import { isTeacher, type ShownRun } from "./runs.ts";
import type { View } from "./view.ts";

export class Scales {
  private readonly known = new Map<string, Scale>();
  private readonly largests = new Map<string, number>();
  private readonly runs: readonly ShownRun[];
  /** Whose maps make the scale of all samples. */
  private readonly samples: readonly number[];
  private readonly store: Pick<Store, "get">;

  constructor(runs: readonly ShownRun[], samples: readonly number[], store: Pick<Store, "get">) {
    this.runs = runs;
    this.samples = samples;
    this.store = store;
  }

  /** The scale that a map is drawn on; `own` is that of this map alone. */
  of(view: View, column: Column, sample: number, own: () => Scale, run?: ShownRun): Scale {
    if (view.scale === "map") return own();
    const samples = view.scale === "all" ? this.samples : [sample];
    return this.over(column, samples, view.classes, this.isTaught(run));
  }

  /** The magnitude at the end of a channel's colours; `own` is the largest at this epoch. */
  channel(view: View, column: Column, sample: number, channel: number, own: number): number {
    if (view.scale === "map") return own;
    const samples = view.scale === "all" ? this.samples : [sample];
    const key = `${column.group}\n${channel}\n${samples.join(".")}`;
    const known = this.largests.get(key);
    if (known !== undefined) return known;
    let most = 0;
    for (const series of this.seriesOf(column, samples)) {
      for (const { channels, scales } of recordsOf(series, "channels")) {
        most = Math.max(most, scales[channels.indexOf(channel)] ?? 0);
      }
    }
    this.largests.set(key, most);
    return most;
  }

  /** The largest magnitude of any sample. */
  largest(column: Column, run?: ShownRun): number {
    const isOfTeacher = this.isTaught(run);
    const key = `${column.group}\n${isOfTeacher}`;
    const known = this.largests.get(key);
    if (known !== undefined) return known;
    const maps = this.mapsOf(column, this.samples, isOfTeacher);
    const most = maps.reduce((largest, { scale }) => Math.max(largest, scale), 0);
    this.largests.set(key, most);
    return most;
  }

  /** Whether a scale is that of teachers: of such a run, or where no other is shown. */
  private isTaught(run: ShownRun | undefined): boolean {
    return run ? isTeacher(run) : this.runs.every(isTeacher);
  }

  /** Ends where it does for the logged maps; how much lies beyond is told of what is shown. */
  private over(
    column: Column,
    samples: readonly number[],
    classes: ClassChoice,
    isOfTeacher: boolean,
  ): Scale {
    const key = `${column.group}\n${samples.join(".")}\n${classes}\n${isOfTeacher}`;
    const known = this.known.get(key);
    if (known) return known;
    const logged = scaleOf(this.mapsOf(column, samples, isOfTeacher), column.ofPixels);
    const drawn = classes === "difference" ? this.differencesOf(column, samples) : [];
    const scale = drawn.length > 0 ? { ...logged, above: shareAbove(drawn, logged.limit) } : logged;
    this.known.set(key, scale);
    return scale;
  }

  /** Maps that are more than rounding errors. */
  private mapsOf(
    column: Column,
    samples: readonly number[],
    isOfTeacher: boolean,
  ): AttributionMap[] {
    const runs = this.runs.filter((run) => isTeacher(run) === isOfTeacher);
    const maps = this.seriesOf(column, samples, runs).flatMap((series) => [
      // Maps of two classes are on one scale, whichever is shown.
      ...recordsOf(series, "map").flatMap((map) => [map, otherMap(map) ?? []].flat()),
      ...recordsOf(series, "matrix").map(asMap),
    ]);
    return maps.filter((map) => !isNoise(map, column));
  }

  private differencesOf(column: Column, samples: readonly number[]): AttributionMap[] {
    return this.seriesOf(column, samples).flatMap((series) =>
      series && hasTwoClasses(series) ? recordsOf(ofClass(series, "difference"), "map") : [],
    );
  }

  private seriesOf({ group }: Column, samples: readonly number[], runs = this.runs) {
    return runs.flatMap(({ id }) => samples.map((sample) => this.store.get(id, group, sample)));
  }
}
