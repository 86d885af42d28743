/** All kept records of one tag in one run, in rising order of step. */

import { decode, type RecordKind, type TfRecord } from "../format/records.ts";
import type { SentSeries } from "./api.ts";

export interface Point<R extends TfRecord = TfRecord> {
  readonly step: number;
  readonly wallTime: number;
  readonly record: R | undefined;
  /** Why there is no record. */
  readonly error: string;
}

export interface Series {
  readonly kind: RecordKind;
  readonly points: readonly Point[];
  readonly bytes: number;
}

export type RecordOf<K extends RecordKind> = Extract<TfRecord, { kind: K }>;

/** Decode what the server sent; a record that cannot be decoded keeps its place and says why. */
export function readSeries(kind: RecordKind, sent: SentSeries): Series {
  let bytes = 0;
  const points = sent.points.map(({ step, wallTime, data }): Point => {
    if (typeof data === "string") return { step, wallTime, record: undefined, error: data };
    bytes += data.length;
    try {
      return { step, wallTime, record: decode(kind, data), error: "" };
    } catch (error) {
      return { step, wallTime, record: undefined, error: messageOf(error) };
    }
  });
  return { kind, points, bytes };
}

/** The last point at or before `step`: what was known then. */
export function pointAt(series: Series | undefined, step: number): Point | undefined {
  const points = series?.points ?? [];
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Point).step <= step) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
}

/** The record at or before `step`, where there is one of that kind. */
export function recordAt<K extends RecordKind>(
  series: Series | undefined,
  kind: K,
  step: number,
): RecordOf<K> | undefined {
  const record = pointAt(series, step)?.record;
  return record?.kind === kind ? (record as RecordOf<K>) : undefined;
}

/** Every record of a series, those that could not be decoded left out. */
export function recordsOf<K extends RecordKind>(
  series: Series | undefined,
  kind: K,
): RecordOf<K>[] {
  const records = (series?.points ?? []).map((point) => point.record);
  return records.filter((record): record is RecordOf<K> => record?.kind === kind);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
