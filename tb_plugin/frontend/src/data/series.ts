/** All kept records of one tag in one run, in rising order of step. */

import { type Dated, lastUntil } from "../analysis/epochs.ts";
import type { Explained } from "../analysis/explained-table.ts";
import { decode, type TfRecord } from "../format/records.ts";
import type { RecordKind } from "../tables.ts";
import type { SentSeries } from "./api.ts";

/** A record of the log, or a table that the page made of some. */
export type AnyRecord = TfRecord | Explained;

export interface Point<R extends AnyRecord = AnyRecord> {
  readonly step: number;
  readonly wallTime: number;
  readonly record: R | undefined;
  /** Why there is no record. */
  readonly error: string;
}

export interface Series {
  readonly kind: AnyRecord["kind"] | RecordKind;
  readonly points: readonly Point[];
  readonly bytes: number;
  /** Whether each record holds until the next, as those of a teacher, logged when its weights change. */
  readonly holds?: boolean;
}

export type RecordOf<K extends AnyRecord["kind"]> = Extract<AnyRecord, { kind: K }>;

/** Decode what the server sent; a record that cannot be decoded keeps its place and says why. */
export function readSeries(kind: RecordKind, sent: SentSeries, holds = false): Series {
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
  return { kind, points, bytes, holds };
}

/** The last point at or before `step`: what was known then. */
export function pointAt(series: Series | undefined, step: number): Point | undefined {
  return lastUntil(series?.points ?? [], step, (point) => point.step);
}

/**
 * What there is to show at the playhead, and of which epoch it is. Whatever is drawn or told there
 * is made of this, so that nothing of another epoch passes for the playhead's.
 */
export interface Known<R> extends Dated {
  /** undefined where there is none until the playhead, or it cannot be read. */
  readonly record: R | undefined;
  /** Why it cannot be read; empty where it can, or where there is none. */
  readonly error: string;
}

/** What a series holds at the playhead: its last record until then. */
export function knownAt<K extends AnyRecord["kind"]>(
  series: Series | undefined,
  kind: K,
  playhead: number,
): Known<RecordOf<K>> {
  const point = pointAt(series, playhead);
  const record = point?.record?.kind === kind ? (point.record as RecordOf<K>) : undefined;
  const error = point?.error ?? "";
  const isNow = point !== undefined && (series?.holds === true || point.step === playhead);
  return { record, error, step: point?.step, isNow };
}

/** What decides whether a drawing of `known` is still right. */
export function partsOf({ record, step, isNow }: Known<unknown>): readonly unknown[] {
  return [record, step, isNow];
}

/** Every record of a series, those that could not be decoded left out. */
export function recordsOf<K extends AnyRecord["kind"]>(
  series: Series | undefined,
  kind: K,
): RecordOf<K>[] {
  const records = (series?.points ?? []).map((point) => point.record);
  return records.filter((record): record is RecordOf<K> => record?.kind === kind);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
