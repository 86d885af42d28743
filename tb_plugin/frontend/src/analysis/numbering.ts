/** One numbering of the samples of several runs: what holds the same is one sample of the page. */

/** How the samples of one run are numbered on the page. */
export interface Numbering {
  /** By the run's own number: the page's. */
  readonly shared: readonly number[];
  /** By the page's number: the run's own; undefined where the run does not explain it. */
  readonly own: readonly (number | undefined)[];
}

/**
 * A numbering of each run by the hashes of what its samples hold, in the order of the first; samples
 * that no run before explains come last. Undefined for runs whose own numbers are the page's: those
 * that agree with the first, and those of older logs, which do not say what samples hold.
 */
export function numberSamples(
  runs: readonly (readonly string[] | undefined)[],
  counts: readonly number[],
): (Numbering | undefined)[] {
  const known = new Map<string, number[]>();
  const isFirst = (i: number): boolean => runs.findIndex((hashes) => hashes) === i;
  let count = Math.max(0, ...counts.filter((_, i) => !runs[i] || isFirst(i)));
  return runs.map((hashes, i) => {
    if (!hashes) return undefined;
    const taken = new Map<string, number>();
    const shared = hashes.map((hash, sample) => {
      // Samples that hold the same twice are told apart by their order.
      const nth = taken.get(hash) ?? 0;
      taken.set(hash, nth + 1);
      const numbers = known.get(hash) ?? [];
      known.set(hash, numbers);
      numbers[nth] ??= isFirst(i) ? sample : count++;
      return numbers[nth] as number;
    });
    if (shared.every((number, sample) => number === sample)) return undefined;
    const own: (number | undefined)[] = Array.from({ length: Math.max(...shared) + 1 });
    for (const [sample, number] of shared.entries()) own[number] = sample;
    return { shared, own };
  });
}
