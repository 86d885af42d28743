/** What to fetch, and in which requests: maps and the numbers beside them first. */

import type { RecordKind } from "../tables.ts";
import type { Group } from "./listing.ts";

/** What the page wants to show of one group of a run; no samples: the whole group. */
export interface Want {
  readonly run: string;
  readonly group: Group;
  readonly samples: readonly number[];
}

const MAX_GROUPS = 32;
const REQUEST_BYTES = 48 << 20;
/** So much is there about as fast as a part of it. */
const AT_ONCE_BYTES = 1 << 20;
/** What the maps are read with; all else may come after them. */
const FIRST: readonly RecordKind[] = [
  ...(["map", "channels", "matrix", "picture", "values"] as const),
  ...(["samples", "metrics", "predictions", "exchange"] as const),
];

/** Roughly how many bytes a whole want is. */
export function estimate({ group, samples }: Want, kept: number | undefined): number {
  const steps = Math.min(group.lastStep + 1, kept || Number.POSITIVE_INFINITY);
  const values = group.content.shape.reduce((a, b) => a * b, 1);
  return (samples.length || group.samples.length || 1) * steps * (2 * values + 400);
}

/** The series that a want is made of. */
export function samplesOf({ group, samples }: Want): readonly number[] {
  if (samples.length > 0) return samples;
  return group.samples.length > 0 ? group.samples : [-1];
}

/** What maps are read with, then all else. */
export function inOrder(wants: readonly Want[]): Want[][] {
  const isFirst = ({ group }: Want): boolean => FIRST.includes(group.kind);
  return [wants.filter(isFirst), wants.filter((want) => !isFirst(want))];
}

/**
 * What to show before all of it is there, if that takes long: the maps' last records, on the axis
 * of all epochs.
 */
export function firstLook(wants: readonly Want[]): { last: Want[]; all: Want[] } {
  const early = wants.filter(({ group }) => FIRST.includes(group.kind));
  const size = early.reduce((sum, want) => sum + estimate(want, undefined), 0);
  if (size <= AT_ONCE_BYTES) return { last: [], all: [] };
  // Exchanged windows are little, and what the page opens with.
  const isAxis = ({ group }: Want): boolean => ["metrics", "exchange"].includes(group.kind);
  return { last: early.filter((want) => !isAxis(want)), all: early.filter(isAxis) };
}

/** Wants as requests: each of one run and of equal samples, not more than it should carry. */
export function batches(wants: readonly Want[]): Want[][] {
  const runs = [...new Set(wants.map(({ run }) => run))];
  return runs.flatMap((run) => bySamples(wants.filter((want) => want.run === run))).flatMap(chunks);
}

/** Groups without samples are not narrowed by any, so they go along with the first others. */
function bySamples(wants: readonly Want[]): Want[][] {
  const batched = new Map<string, Want[]>();
  const keys = wants.filter(({ group }) => group.samples.length > 0).map(keyOf);
  for (const want of wants) {
    const key = want.group.samples.length > 0 ? keyOf(want) : (keys[0] ?? "");
    batched.set(key, [...(batched.get(key) ?? []), want]);
  }
  return [...batched.values()];
}

function keyOf({ samples }: Want): string {
  return samples.join();
}

function chunks(wants: readonly Want[]): Want[][] {
  const result: Want[][] = [];
  let bytes = 0;
  for (const want of wants) {
    const size = estimate(want, undefined);
    const last = result.at(-1);
    if (last && last.length < MAX_GROUPS && bytes + size < REQUEST_BYTES) {
      last.push(want);
      bytes += size;
    } else {
      result.push([want]);
      bytes = size;
    }
  }
  return result;
}
