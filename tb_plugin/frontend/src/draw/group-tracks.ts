/** What differs between groups of rows over epochs: how often they are right, where the evidence is. */

import { areaOf, boxText, partOfSides } from "../analysis/boxes.ts";
import { totalsOf } from "../analysis/evaluated-totals.ts";
import { percent, short } from "../analysis/numbers.ts";
import type { Dashboard } from "../state/dashboard.ts";
import { groupShares } from "../state/group-shares.ts";
import { inputAxes } from "../state/input-axes.ts";
import { evaluated } from "../state/scene.ts";
import { boxTrackName } from "./box-tracks.ts";
import { estimatesCurve } from "./estimates-curve.ts";
import type { Track } from "./tracks.ts";

/** Of one run, in the order of the groups. */
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

/** None of these is drawn unless chosen. */
export function groupTracks(dashboard: Dashboard): Track[] {
  const { scene, store, view } = dashboard;
  const known = evaluated(scene).map((run) => ({
    run,
    ...totalsOf(store.evaluations.totals(run.predictions?.run ?? "")),
  }));
  const names = [...new Set(known.flatMap(({ groups }) => [...groups.keys()]))];
  if (names.length === 0) return [];
  const dashOf = (name: string): readonly number[] =>
    DASHES[names.indexOf(name) % DASHES.length] ?? [];
  const isShare = known.some(({ totals }) => totals.has("accuracy"));
  const rate = isShare ? "accuracy" : "error";
  const rated: Track = {
    ...{ name: "rows-by-group", settles: true, isExtra: true, tell: isShare ? percent : short },
    title: `${isShare ? "accuracy" : "mean absolute error"} by group`,
    curves: names.flatMap((name) =>
      known.flatMap(({ run, groups }) =>
        estimatesCurve(run, `${rate}, ${name}`, groups.get(name) ?? [], dashOf(name)),
      ),
    ),
  };
  const axes = view.boxes.length > 0 ? inputAxes(scene, store) : undefined;
  const boxes = axes ? view.boxes.filter((box) => box.length === axes.sides.length) : [];
  return [
    rated,
    ...boxes.flatMap((box, i): Track[] => {
      if (!axes) return [];
      const part = partOfSides(box, axes.sides);
      const shares = known.map(({ run }) => ({ run, of: groupShares(dashboard, run, part) }));
      const where = boxText(box, axes);
      // What the table of values has room for.
      const told = boxes.length > 1 ? `box ${i + 1}` : "in the box";
      const curves = names.flatMap((name) =>
        shares.flatMap(({ run, of }) =>
          estimatesCurve(run, `${told}, ${name}`, of.get(name) ?? [], dashOf(name)),
        ),
      );
      if (curves.length === 0) return [];
      return [
        {
          ...{ name: `${boxTrackName(box)} by group`, isExtra: true, isTall: true, tell: percent },
          ...{ title: `in ${where} by group: mean share of explained rows`, curves },
          level: areaOf(part),
        },
      ];
    }),
  ];
}
