/** In which order the channels of a layer stand, for a sample of a shown run. */

import {
  areAlike,
  type ChannelHistory,
  historyOf,
  MOST_TILES,
  orderOf,
} from "../analysis/channel-shares.ts";
import { memo, memoBy } from "../analysis/memo.ts";
import { recordsOf, type Series } from "../data/series.ts";
import type { Store } from "../data/store.ts";
import type { Column } from "./columns.ts";
import type { Scene } from "./scene.ts";

const history = memo((series: Series): ChannelHistory => historyOf(recordsOf(series, "channels")));

/** Whether a layer's channels are the same ones in two runs, over all samples that are there. */
const alike = memoBy(
  (
    { samples }: Scene,
    _place: string,
    store: Pick<Store, "get">,
    [a, b]: readonly [string, string],
    { group }: Column,
  ): boolean =>
    areAlike(
      samples.flatMap((sample) => {
        const [x, y] = [store.get(a, group, sample), store.get(b, group, sample)];
        return x && y ? [[history(x), history(y)] as const] : [];
      }),
    ),
);

/** Every change but the playhead's makes another scene, so that tiles keep their places under it. */
const orders = memoBy(
  (
    scene: Scene,
    _place: string,
    store: Pick<Store, "get">,
    run: string,
    column: Column,
    sample: number,
  ): readonly number[] => {
    const own = store.get(run, column.group, sample);
    if (!own) return [];
    const all = scene.shown.flatMap(({ id }) => {
      const series = id === run ? own : store.get(id, column.group, sample);
      const pair = [run, id].sort() as [string, string];
      const isAlike = (): boolean =>
        alike(scene, `${column.group}\n${pair.join("\n")}`, store, pair, column);
      return series && (id === run || isAlike()) ? [history(series)] : [];
    });
    return orderOf(history(own), all);
  },
);

interface Known {
  readonly scene: Scene;
  readonly store: Pick<Store, "get">;
}

/** The channels of the tiles in the grid: where shares are known, those of the largest. */
export function firstTiles(
  known: Known,
  run: string,
  column: Column,
  sample: number,
): readonly number[] {
  const series = known.store.get(run, column.group, sample);
  const order = channelOrder(known, run, column, sample);
  return series && history(series).means ? order.slice(0, MOST_TILES) : order;
}

/** All channels that were logged at some epoch, by number, in the order of their tiles. */
export function channelOrder(
  { scene, store }: Known,
  run: string,
  column: Column,
  sample: number,
): readonly number[] {
  return orders(scene, `${run}\n${column.group}\n${sample}`, store, run, column, sample);
}
