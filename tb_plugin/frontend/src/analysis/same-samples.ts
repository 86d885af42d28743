/** Whether two runs explain the same rows: only then may they stand side by side as one sample. */

/** What a log says of the rows that it explains. */
export interface Rows {
  readonly rows: readonly (number | undefined)[];
  /** What the rows hold; missing in older logs, which tell them by their numbers only. */
  readonly hashes?: readonly (string | undefined)[] | undefined;
}

/** Whether the samples numbered `sample` are one; undefined where a run has none, or it is not loaded. */
export function isSameSample(
  a: Rows | undefined,
  b: Rows | undefined,
  sample: number,
): boolean | undefined {
  const [x, y] =
    a?.hashes && b?.hashes
      ? [a.hashes[sample], b.hashes[sample]]
      : [a?.rows[sample], b?.rows[sample]];
  return x === undefined || y === undefined ? undefined : x === y;
}

/** Whether a run explains a sample that other runs do; not known of runs that are not loaded. */
export function lacks(rows: Rows | undefined, sample: number): boolean {
  return rows !== undefined && rows.rows[sample] === undefined;
}

/**
 * How many samples of two runs can be compared by their rows, and how many of these are others. By
 * what they hold, each sample of `b` is one of `a` or another; by numbers of rows, only those at the
 * same place are compared.
 */
export function countOthers(a: Rows | undefined, b: Rows | undefined) {
  if (a?.hashes && b?.hashes) {
    const own = b.hashes.flatMap((hash, sample) => (hash === undefined ? [] : [sample]));
    const others = own.filter((sample) => a.hashes?.[sample] !== b.hashes?.[sample]);
    return { others: others.length, known: own.length };
  }
  const all = (a?.rows ?? []).map((_, sample) => isSameSample(a, b, sample));
  const known = all.filter((same) => same !== undefined);
  return { others: known.filter((same) => !same).length, known: known.length };
}
