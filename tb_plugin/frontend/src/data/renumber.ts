/** Records that hold something of every sample, in the page's numbering instead of the run's own. */

import { memoBy } from "../analysis/memo.ts";
import type { Numbering } from "../analysis/numbering.ts";

import type { AnyRecord, Series } from "./series.ts";

/** A series as the page numbers its samples; what is of one sample, or of none, stays as it is. */
export const renumberedSeries = memoBy(
  (series: Series, numbering: Numbering): Series => ({
    ...series,
    points: series.points.map((point) => ({
      ...point,
      record: point.record && renumbered(point.record, numbering),
    })),
  }),
);

function renumbered(record: AnyRecord, { own, shared }: Numbering): AnyRecord {
  switch (record.kind) {
    case "samples":
      return {
        ...record,
        labels: Float64Array.from(moved([...record.labels], own, Number.NaN)),
        rows: moved<number | undefined>(record.rows, own, undefined),
        hashes: record.hashes && moved<string | undefined>(record.hashes, own, undefined),
        labelSets: record.labelSets && moved(record.labelSets, own, []),
      };
    case "predictions":
      return {
        ...record,
        outputs: Float32Array.from(spread(record.outputs, own, record.width)),
        predicted: Int32Array.from(moved([...record.predicted], own, -1)),
      };
    case "values": {
      const { words, length } = record;
      const size = length * record.width;
      return {
        ...record,
        count: own.length,
        values: Float32Array.from(spread(record.values, own, size)),
        words: own.flatMap((i) =>
          words.length === 0
            ? []
            : i === undefined
              ? Array.from({ length }, () => "")
              : words.slice(i * length, (i + 1) * length),
        ),
      };
    }
    case "drift":
    case "trust":
    case "sanity":
    case "masks":
    case "regions":
      return { ...record, numbers: shared };
    default:
      return record;
  }
}

function moved<T>(items: readonly T[], own: Numbering["own"], none: T): T[] {
  return own.map((i) => (i === undefined ? none : (items[i] as T)));
}

/** The same of several numbers for each sample. */
function spread(data: Float32Array, own: Numbering["own"], size: number): number[] {
  return own.flatMap((i) =>
    i === undefined
      ? Array.from({ length: size }, () => Number.NaN)
      : [...data.subarray(i * size, (i + 1) * size)],
  );
}
